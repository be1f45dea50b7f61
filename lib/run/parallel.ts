/**
 * Bounded parallelism over a list.
 * @module
 */

/**
 * Calls `perform` for each item, at most `limit` at once, starting in order. After a failure nothing new is started; the
 * first failure is thrown when everything that was started has ended, so that no work goes on behind the caller's back.
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
