/**
 * A headless Chromium that tests drive by its DevTools protocol, over the loopback.
 * @module
 */

/** A value as the protocol sends it. */
type Json = Readonly<Record<string, unknown>>;

/** How a page is shown. */
export interface Screen {
  readonly width: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  readonly media?: "screen" | "print";
  /** As if scripts were switched off. */
  readonly isWithoutScripts?: boolean;
}

/** One page in a browser. */
export interface Tab {
  /** Opens a file. Returns milliseconds from the start of the navigation to the end of the first layout. */
  open(path: string, screen: Screen): Promise<number>;
  /** The value of an expression in the page, which must be one for JSON. */
  ask(expression: string): Promise<unknown>;
  /** Clicks, types, or whatever the protocol can do. */
  send(method: string, params?: Json): Promise<Json>;
  /** A picture of so much of the page, in PNG. */
  picture(top: number, height: number): Promise<Uint8Array>;
  /** The page on paper, in PDF. */
  paper(): Promise<Uint8Array>;
  /** What the page has complained about since it was opened, such as violations of its policy. */
  readonly complaints: readonly string[];
  /** Addresses that the page wanted to load. */
  readonly requests: readonly string[];
}

/** Runs `use` with a page of a new browser, and ends the browser. */
export async function withBrowser(use: (tab: Tab) => Promise<void>): Promise<void> {
  const profile = await Deno.makeTempDir({ prefix: "bzfs-chromium-" });
  const child = new Deno.Command("chromium", {
    args: [
      ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-sync"],
      ...["--hide-scrollbars", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
    ],
    ...{ stdin: "null", stdout: "null", stderr: "piped" },
  }).spawn();
  try {
    const { address, drained } = await devTools(child.stderr);
    const session = await Session.connect(address);
    try {
      await use(await openTab(session));
    } finally {
      await session.close();
      await child.status;
      await drained;
    }
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await child.status;
    await Deno.remove(profile, { recursive: true });
  }
}

/** Reads where the browser listens; the rest of what it says is thrown away. */
async function devTools(
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<{ readonly address: string; readonly drained: Promise<void> }> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Chromium has ended: ${text}`);
    text += value;
    const address = /DevTools listening on (ws:\S+)\s/.exec(text)?.[1];
    if (address !== undefined) return { address, drained: drain(reader) };
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

/** Requests and events of the protocol. */
class Session {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve(result: Json): void; reject(error: Error): void }>();
  readonly #listeners: ((method: string, params: Json) => void)[] = [];
  /** Fails when the browser has ended. */
  readonly ended: Promise<never>;
  #last = 0;

  static async connect(address: string): Promise<Session> {
    const socket = new WebSocket(address);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`Cannot connect to ${address}`));
    });
    return new Session(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    this.ended = new Promise((_, reject) => {
      socket.onclose = () => {
        const error = new Error("Chromium has ended");
        for (const waiting of this.#waiting.values()) waiting.reject(error);
        reject(error);
      };
    });
    this.ended.catch(() => {}); // Not everybody waits for it.
  }

  #take(message: { id?: number; method?: string; params?: Json; result?: Json; error?: { message: string } }): void {
    if (message.id === undefined) {
      for (const listener of this.#listeners) listener(message.method ?? "", message.params ?? {});
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.result ?? {});
    else waiting?.reject(new Error(message.error.message));
  }

  onEvent(listener: (method: string, params: Json) => void): void {
    this.#listeners.push(listener);
  }

  send(method: string, params: Json = {}, sessionId?: string): Promise<Json> {
    const id = ++this.#last;
    this.#socket.send(JSON.stringify({ id, method, params, ...sessionId === undefined ? {} : { sessionId } }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.addEventListener("close", resolve));
    this.send("Browser.close").catch(() => {});
    await closed;
  }
}

async function openTab(session: Session): Promise<Tab> {
  const { targetId } = await session.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await session.send("Target.attachToTarget", { targetId, flatten: true });
  const send = (method: string, params: Json = {}): Promise<Json> => session.send(method, params, `${sessionId}`);
  const complaints: string[] = [];
  const requests: string[] = [];
  let onLoad = (): void => {};
  session.onEvent((method, params) => {
    if (method === "Page.loadEventFired") onLoad();
    if (method === "Network.requestWillBeSent") requests.push((params["request"] as { url: string }).url);
    if (method === "Log.entryAdded") complaints.push((params["entry"] as { text: string }).text);
    if (method === "Runtime.exceptionThrown") complaints.push(JSON.stringify(params["exceptionDetails"]));
    if (method === "Page.javascriptDialogOpening") complaints.push(`dialog: ${params["message"]}`);
  });
  for (const domain of ["Page", "Network", "Log", "Runtime"]) await send(`${domain}.enable`);
  const ask = async (expression: string): Promise<unknown> => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value?: unknown }).value;
  };
  const bytesOf = ({ data }: Json): Uint8Array => Uint8Array.from(atob(`${data}`), (c) => c.charCodeAt(0));
  return {
    ...{ ask, send, complaints, requests },
    async open(
      path,
      { width, height = 900, scheme = "light", media = "screen", isWithoutScripts = false },
    ): Promise<number> {
      complaints.length = requests.length = 0;
      await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
      await send("Emulation.setEmulatedMedia", { media, features: [{ name: "prefers-color-scheme", value: scheme }] });
      await send("Emulation.setScriptExecutionDisabled", { value: isWithoutScripts });
      const loaded = new Promise<void>((resolve) => onLoad = resolve);
      const { errorText } = await send("Page.navigate", { url: `file://${path}` });
      if (errorText !== undefined) throw new Error(`${errorText}`);
      await Promise.race([loaded, session.ended]);
      return Number(await ask("document.body.offsetHeight && performance.now()"));
    },
    async picture(y, height): Promise<Uint8Array> {
      const clip = { x: 0, y, width: Number(await ask("innerWidth")), height, scale: 1 };
      return bytesOf(await send("Page.captureScreenshot", { captureBeyondViewport: true, clip }));
    },
    async paper(): Promise<Uint8Array> {
      await send("Emulation.setEmulatedMedia", { media: "" });
      return bytesOf(await send("Page.printToPDF", { printBackground: false, preferCSSPageSize: true }));
    },
  };
}
