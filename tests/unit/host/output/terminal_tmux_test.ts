/** The console in a real terminal, as tmux sees it. */
import { assertEquals } from "../../../support/assert.ts";

async function tmux(...args: readonly string[]): Promise<string> {
  const words = ["-L", `bzfs-test-${Deno.pid}`, ...args];
  const { stdout } = await new Deno.Command("tmux", { args: words, stdin: "null", stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

async function screenWith(text: string): Promise<readonly string[]> {
  for (const start = performance.now();;) {
    const screen = await tmux("capture-pane", "-p", "-t", "main");
    if (screen.includes(text)) return screen.trimEnd().split("\n").map((line) => line.trimEnd());
    if (performance.now() - start > 20_000) throw new Error(`no "${text}" on the screen, but: ${screen}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test({
  name: "Console keeps one status line below the records of a real terminal, also when its width changes",
  fn: async () => {
    const demo = `${import.meta.dirname}/../../../support/console_demo.ts`;
    const command = `stty -echo; '${Deno.execPath()}' run --no-check --allow-all '${demo}'; sleep 9`;
    try {
      await tmux("new-session", "-d", "-s", "main", "-x", "40", "-y", "12", command);
      assertEquals(await screenWith("ready"), ["ready", "status 0 ".repeat(10).slice(0, 39).trimEnd()]);
      await tmux("send-keys", "-t", "main", "x", "Enter");
      assertEquals(await screenWith("status 1"), ["ready", "record 1", "status 1 ".repeat(10).slice(0, 39).trimEnd()]);
      await tmux("resize-window", "-t", "main", "-x", "20", "-y", "12");
      await tmux("send-keys", "-t", "main", "x", "Enter");
      const narrow = await screenWith("status 2");
      assertEquals(narrow.at(-1), "status 2 status 2 s");
      assertEquals(narrow.at(-2), "record 2");
      await tmux("send-keys", "-t", "main", "quit", "Enter");
      const last = await screenWith("goodbye");
      assertEquals(last.slice(-2), ["record 2", "goodbye"]);
    } finally {
      await tmux("kill-server");
    }
  },
});
