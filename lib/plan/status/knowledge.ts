/**
 * What runs have left behind about a route.
 * @module
 */
import type { ActionState, Place, RouteState } from "../../model/status/mod.ts";
import { type ExpectedRoute, keyOf } from "./facts.ts";

/** The state of a route in the file of an action; `undefined` if there is none. */
export function routeOf(
  action: string,
  { source, destination }: Pick<ExpectedRoute, "source" | "destination">,
  { states }: { readonly states: ReadonlyMap<string, ActionState> },
): RouteState | undefined {
  return states.get(action)?.routes.find((route) =>
    isSame(route.source, source.place) && isSame(route.destination, destination?.place)
  );
}

function isSame(a: Place | undefined, b: Place | undefined): boolean {
  return (a && keyOf(a)) === (b && keyOf(b));
}
