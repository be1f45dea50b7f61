/**
 * What `bzfs status` shows, in each of its forms; all are made of a `StatusReport` and of nothing else.
 * @module
 */
export { metricsHead, type MetricsOwner, readMetricsHead } from "./metrics_head.ts";
export { renderNagios } from "./nagios.ts";
export { renderMetrics } from "./prometheus.ts";
export { renderTable } from "./table.ts";
export { StateFold } from "./state_fold.ts";
export { readState } from "./state_text.ts";
