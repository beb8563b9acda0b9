/** Opens a dashboard in Chromium and scrolls its table; prints what `dashboard.ts` asks for as JSON. */

// Not in the lock file of the project, whose executable would carry it otherwise.
const PLAYWRIGHT = "npm:playwright-core@1.56.1";
const { chromium } = await import(PLAYWRIGHT);

const [main, tree] = Deno.args;
const SCROLL_MS = 3_000;

const browser = await chromium.launch({
  executablePath: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
await page.goto("about:blank");

const beganMs = performance.now();
const child = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "-q", "--no-check", main!, "dashboard", "--tree", tree!, "--json", "-q"],
  stdin: "null",
  stdout: "piped",
  stderr: "null",
}).spawn();
try {
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  const { url } = JSON.parse(value!);
  await page.goto(url);
  await page.waitForSelector(".hero .legend");
  const openMs = performance.now() - beganMs;
  await page.evaluate("location.hash = '#/runs'");
  await page.waitForSelector(".rows .row:not([hidden]) a[href]");
  const framesPerSecond = await frames("document.querySelector('.runs-scroll')");
  await page.goto("about:blank");
  const emptyFramesPerSecond = await frames("{}");
  console.log(JSON.stringify({ openMs, framesPerSecond, emptyFramesPerSecond }));
} finally {
  await browser.close();
  child.kill("SIGINT");
  await child.status;
}

/** Frames a second while an element is scrolled by three rows and a half in each. */
async function frames(element: string): Promise<number> {
  return await page.evaluate(`new Promise((done) => {
    const node = ${element};
    const beganMs = performance.now();
    let count = 0;
    const frame = (nowMs) => {
      count++;
      node.scrollTop += 140;
      if (nowMs - beganMs < ${SCROLL_MS}) requestAnimationFrame(frame);
      else done(count * 1000 / (nowMs - beganMs));
    };
    requestAnimationFrame(frame);
  })`);
}
