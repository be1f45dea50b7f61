/** The ends of a pipeline. */
import type { Pipeline, Stage } from "../../lib/model/pipeline.ts";

/** The command that makes the stream: the first stage of the first leg. */
export function sendStage(pipeline: Pipeline): Stage {
  return pipeline.legs[0]!.stages[0]!;
}

/** The command that takes the stream: the last stage of the last leg. */
export function receiveStage(pipeline: Pipeline): Stage {
  return pipeline.legs.at(-1)!.stages.at(-1)!;
}
