/**
 * Things that are done at once, and all of which are over before anything goes on.
 * @module
 */

/**
 * Calls `perform` for each item, at most `limit` at once, starting in order. After a failure nothing new is started;
 * the first failure is thrown when everything that was started has ended, so that no work goes on behind the caller's
 * back.
 *
 * @returns the results, in the order of the items
 */
export async function mapParallel<T, R>(
  items: readonly T[],
  limit: number,
  perform: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await perform(items[index]!);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(Math.max(1, limit), items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}

/** Both results; a failure is thrown only after the other one has ended too. If both fail the first one counts. */
export async function bothDone<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  return [first.value, second.value];
}
