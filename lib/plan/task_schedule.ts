/**
 * Order of tasks that form a tree by path: parents first, bounded choice among what is eligible, barriers.
 *
 * A pure state machine without time: the caller says what was started and how it ended. Rules:
 * docs/spec/replication.md §12.2 and §12.3; barriers (a path component `~`) docs/spec/jobrunner.md §7.
 * @module
 */
import { compareNames } from "../model/text/mod.ts";

/** How a task ended. `skip-subtree` is no failure; `failed` skips the subtree too; `failed-but-continue` does not. */
export type TaskOutcome = "done" | "skip-subtree" | "failed" | "failed-but-continue";

/** Which eligible task comes first: the smallest name, or the one with the fewest `/`, then the smallest name. */
export type TaskPriority = "name" | "depth";

interface TaskNode {
  readonly path: string;
  readonly parent: TaskNode | undefined;
  children: ReadonlyMap<string, TaskNode>;
  isTask: boolean;
  /** Tasks at or below this node that have not ended well: one that failed or was skipped keeps barriers shut. */
  remaining: number;
  released: boolean;
}

const BARRIER = "~";

/** The schedule of one tree of tasks. */
export class TaskSchedule {
  readonly #nodes = new Map<string, TaskNode>();
  /** Eligible tasks, the next one last. */
  readonly #eligible: TaskNode[] = [];
  readonly #compare: (a: TaskNode, b: TaskNode) => number;
  readonly #started = new Set<string>();
  #failed = false;

  /** @param tasks distinct paths with `/` between components, in any order */
  constructor(tasks: readonly string[], priority: TaskPriority = "name") {
    this.#compare = priority === "name" ? byName : byDepth;
    const root = newNode("", undefined);
    for (const task of tasks) this.#add(root, task);
    this.#releaseChildren(root);
  }

  /** True if a task ended as failed. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Takes the eligible task that comes first; `undefined` if none is eligible now. */
  next(): string | undefined {
    const node = this.#eligible.pop();
    if (node) this.#started.add(node.path);
    return node?.path;
  }

  /** Says how a started task ended, which may make others eligible. */
  complete(task: string, outcome: TaskOutcome): void {
    const node = this.#nodes.get(task)!;
    if (outcome === "failed" || outcome === "failed-but-continue") this.#failed = true;
    if (outcome === "failed" || outcome === "skip-subtree") return;
    for (const each of lineOf(node)) each.remaining--;
    this.#releaseChildren(node);
    for (const each of lineOf(node)) this.#openBarrier(each);
  }

  /** Tasks that were never started, in the order of the constructor's list. */
  skipped(): string[] {
    return [...this.#nodes.values()].filter((n) => n.isTask && !this.#started.has(n.path)).map((n) => n.path);
  }

  #add(root: TaskNode, task: string): void {
    let node = root;
    root.remaining++;
    for (const component of task.split("/")) {
      const child = node.children.get(component) ??
        addChild(node, component, node === root ? component : `${node.path}/${component}`);
      child.remaining++;
      node = child;
    }
    node.isTask = true;
    this.#nodes.set(task, node);
  }

  #release(node: TaskNode): void {
    if (node.released) return;
    node.released = true;
    if (node.isTask) this.#enqueue(node);
    else this.#releaseChildren(node);
  }

  #releaseChildren(node: TaskNode): void {
    // Last first: names come sorted, so each goes to the end of the queue, where it costs nothing to insert.
    for (const [component, child] of [...node.children].reverse()) if (component !== BARRIER) this.#release(child);
    this.#openBarrier(node);
  }

  /** Releases what is behind the barrier of `node` once all tasks before it have ended well. */
  #openBarrier(node: TaskNode): void {
    const behind = node.children.get(BARRIER);
    if (!behind || behind.released) return;
    let before = node.remaining - behind.remaining;
    if (node.isTask && !this.#started.has(node.path)) before = Infinity;
    if (before === 0) this.#release(behind);
  }

  #enqueue(node: TaskNode): void {
    let low = 0;
    let high = this.#eligible.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#eligible[middle]!, node) > 0) low = middle + 1;
      else high = middle;
    }
    this.#eligible.splice(low, 0, node);
  }
}

/** Shared by all leaves, which are nearly all nodes of a large tree. */
const NO_CHILDREN: ReadonlyMap<string, TaskNode> = new Map();

function newNode(path: string, parent: TaskNode | undefined): TaskNode {
  return { path, parent, children: NO_CHILDREN, isTask: false, remaining: 0, released: false };
}

function addChild(parent: TaskNode, component: string, path: string): TaskNode {
  const child = newNode(path, parent);
  if (parent.children === NO_CHILDREN) parent.children = new Map();
  (parent.children as Map<string, TaskNode>).set(component, child);
  return child;
}

/** The node and its ancestors up to the root. */
function* lineOf(node: TaskNode): Generator<TaskNode> {
  for (let each: TaskNode | undefined = node; each; each = each.parent) yield each;
}

function byName(a: TaskNode, b: TaskNode): number {
  return compareNames(a.path, b.path);
}

function byDepth(a: TaskNode, b: TaskNode): number {
  return depthOf(a.path) - depthOf(b.path) || byName(a, b);
}

function depthOf(path: string): number {
  let depth = 0;
  for (let i = path.indexOf("/"); i >= 0; i = path.indexOf("/", i + 1)) depth++;
  return depth;
}
