/** What Chromium does with the dashboard: every view and action, at two sizes, with axe and without an error. Run by `browser.ts`. */
import assert from "node:assert/strict";

// Not in the lock file of the project, whose executable would carry them otherwise.
const PLAYWRIGHT = "npm:playwright-core@1.56.1";
const AXE = "npm:axe-core@4.11.0";
const { chromium } = await import(PLAYWRIGHT);
const { default: axe } = await import(AXE);

// deno-lint-ignore no-explicit-any -- playwright's types are not there where it is checked
type Page = any;

const SIZES = { desktop: [1280, 800], phone: [390, 844] } as const;
type Size = keyof typeof SIZES;

const values = JSON.parse(Deno.env.get("DASHBOARD_VALUES") ?? "{}") as Record<string, string>;
const browser = await chromium.launch({
  executablePath: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});

const errors: string[] = [];

async function open(size: Size, scheme: "light" | "dark" = "light"): Promise<Page> {
  const [width, height] = SIZES[size];
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("console", (message: { type(): string; text(): string }) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  page.on("pageerror", (error: Error) => errors.push(error.message));
  page.on("request", (request: { url(): string }) => {
    // It works without a network: nothing is asked of anybody else.
    if (new URL(request.url()).origin !== new URL(values.url!).origin) errors.push(request.url());
  });
  await page.goto(values.url);
  await page.waitForSelector("main h1");
  return page;
}

/** What the view before showed may look like what is wanted, and is gone a moment later. */
async function goTo(page: Page, view: string, wanted: string): Promise<void> {
  const [path] = view.split("?");
  const isSame = new URL(page.url()).hash.replace(/^#\/?/, "").split("?")[0] === path;
  await page.evaluate("window.before = document.querySelector('main > *'), undefined");
  await page.evaluate(`location.hash = "#/${view}"`);
  if (!isSame) await holds(page, "!window.before?.isConnected");
  await page.waitForSelector(wanted);
}

/** Playwright's own way evaluates a text in the page, which its policy forbids. */
async function holds(page: Page, condition: string): Promise<void> {
  for (const end = performance.now() + 20_000; !(await page.evaluate(condition));) {
    assert.ok(performance.now() < end, `waited in vain: ${condition}`);
    await page.waitForTimeout(30);
  }
}

async function shoot(page: Page, name: string): Promise<void> {
  if (values.shots === undefined) return;
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${values.shots}/${name}.png`, fullPage: !name.includes("runs") });
}

async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate("axe.run()");
  const told = violations.map((one: { id: string; nodes: { html: string }[] }) =>
    `${one.id}: ${one.nodes.map(({ html }) => html).slice(0, 3).join(" ")}`
  );
  // All of them are told together.
  errors.push(...told.map((text: string) => `${what}: ${text}`));
}

async function assertFits(page: Page, what: string): Promise<void> {
  const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  assert.ok(wide <= 0, `${what} is ${wide} pixels wider than the window`);
}

const VIEWS: readonly [string, string][] = [
  ["", ".hero .legend"],
  ["timeline", ".timeline [data-piece]"],
  ["queue", "main h1"],
  ["runs", ".rows .row:not([hidden]) a[href]"],
  ["results", ".chart .series circle"],
  ["results?kind=heat", ".chart.heat rect"],
];

const SCRIPTS: Record<string, () => Promise<unknown>> = {
  nothing: () => Promise.resolve({}),

  /** Every view of a finished tree, at both sizes, light and dark. */
  async views() {
    for (const size of ["desktop", "phone"] as const) {
      const page = await open(size, size === "phone" ? "dark" : "light");
      assert.ok(!page.url().includes("token"), "the token is still in the address");
      for (const [view, wanted] of VIEWS) {
        await goTo(page, view, wanted);
        const name = `${size}_${view.replace(/\W+/g, "_") || "overview"}`;
        await shoot(page, name);
        await assertFits(page, name);
        await assertAccessible(page, name);
      }
      await goTo(page, "runs?states=failed", ".rows .row:not([hidden]) a[href]");
      await page.click(".rows .row:not([hidden]) a");
      await page.waitForSelector(".reason");
      const reason = await page.textContent(".reason");
      assert.match(reason, /x left the <b>table<\/b> at drive 3/);
      assert.match(await page.textContent("pre"), /<img src=x onerror/);
      assert.equal(await page.locator("main b:text('table'), main pre img").count(), 0);
      await shoot(page, `${size}_run`);
      await assertFits(page, "run");
      await assertAccessible(page, `${size} run`);
      // The browser has the token now.
      await page.reload();
      await page.waitForSelector(".reason");
      await page.context().close();
    }
    return { errors };
  },

  /** The overview alone tells what is running, what failed and why, and what the results say. */
  async minute() {
    const page = await open("desktop");
    await page.waitForSelector("[data-key=preview] .series circle");
    const text = await page.innerText("main");
    await page.context().close();
    return { text, errors };
  },

  /** A tree that is cut, at both sizes. */
  async shards() {
    let text = "";
    for (const size of ["desktop", "phone"] as const) {
      const page = await open(size, size === "phone" ? "dark" : "light");
      await page.waitForSelector(".shards code");
      await shoot(page, `${size}_shards`);
      await assertFits(page, `${size} shards`);
      await assertAccessible(page, `${size} shards`);
      if (size === "desktop") text = await page.innerText("main");
      await goTo(page, "timeline", ".timeline [data-piece]");
      await shoot(page, `${size}_shards_timeline`);
      await page.context().close();
    }
    return { text, errors };
  },

  /** One thing in one view, at both sizes. */
  async thing() {
    const { view = "", wanted = "main" } = values;
    let text = "";
    for (const size of ["desktop", "phone"] as const) {
      const page = await open(size, size === "phone" ? "dark" : "light");
      await goTo(page, view, wanted);
      await assertFits(page, `${size} ${wanted}`);
      await assertAccessible(page, `${size} ${wanted}`);
      text = await page.innerText(wanted);
      await page.context().close();
    }
    return { text, errors };
  },

  /** What a campaign of one's own shows, as long as it works. */
  async look() {
    const page = await open("desktop");
    await page.waitForSelector(".running tbody tr");
    const text = await page.innerText("main");
    await page.context().close();
    return { text, errors };
  },

  /** Search, filter, sort and keys of the table; the theme; the shortcuts. */
  async table() {
    const page = await open("desktop");
    await page.keyboard.press("/");
    await holds(page, "document.activeElement?.type === 'search'");
    await page.keyboard.type("drive=2 damping=0.1");
    const total = (count: string) =>
      holds(page, `document.querySelector(".total")?.textContent.startsWith("${count} run")`);
    await total("1");
    await page.fill("input[type=search]", "");
    await total("16");
    await page.click("[data-state=failed]");
    await total("1");
    assert.match(page.url(), /states=failed/);
    await page.goBack();
    await total("16");
    await page.click("[data-sort=took]");
    await page.waitForSelector("[aria-sort=ascending]");
    await page.click("[data-sort=took]");
    await page.waitForSelector("[aria-sort=descending]");
    const rows = await page.evaluate(`(async () =>
      (await (await fetch("/api/runs?sort=took&order=down")).json()).rows.map((row) => row.run))()`);
    await holds(
      page,
      `document.querySelector('[data-at="0"] a')?.textContent.endsWith("${rows[0]}")`,
    );
    await page.focus(".runs-scroll");
    await page.keyboard.press("End");
    await page.waitForSelector('.row.active[data-at="15"]');
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await holds(page, `document.querySelector("h1")?.textContent.includes("${rows[1]}")`);
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open] .keys");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog:not([open])", { state: "attached" });
    await page.click("#theme");
    await page.click("#theme");
    assert.equal(await page.evaluate("document.documentElement.dataset.theme"), "dark");
    await page.keyboard.press("2");
    await page.waitForSelector(".timeline");
    const span = await page.textContent(".span");
    await page.focus(".timeline");
    await page.keyboard.press("+");
    await holds(page, `document.querySelector(".span").textContent !== ${JSON.stringify(span)}`);
    await page.click(".timeline [data-piece]");
    await page.waitForSelector(".story");
    await page.keyboard.press("5");
    await page.waitForSelector(".chart .series circle");
    await page.selectOption("select[name=y]", "energy");
    await holds(
      page,
      "document.querySelector('.chart .label:last-child')?.textContent === 'energy'",
    );
    await page.focus(".chart");
    await page.keyboard.press("ArrowRight");
    await holds(page, "document.querySelector('.readout').textContent.includes('damping')");
    await page.context().close();
    return { errors };
  },

  /** What may be asked for, on a campaign that runs; a question comes before what is cancelled. */
  async control() {
    const page = await open("desktop");
    await page.waitForSelector(".running tbody tr");
    await shoot(page, "desktop_working");
    await goTo(page, "queue", "[data-do=priority]");
    await shoot(page, "desktop_queue_control");
    await assertAccessible(page, "queue with control");
    await page.locator(".level.low select, [data-key=low] select").first().selectOption("1");
    await page.waitForSelector("[data-key=high] [data-key^=later]");
    await goTo(page, "runs?states=waiting&job=slow", ".rows .row:not([hidden]) a[href]");
    await page.click(".rows .row:not([hidden]) a");
    await page.waitForSelector("[data-do=pause]");
    await page.click("[data-do=pause]");
    await page.waitForSelector("[data-do=continue]");
    await page.click("[data-do=continue]");
    await page.waitForSelector("[data-do=pause]");
    await page.click("[data-do=cancel]");
    await page.waitForSelector("dialog[open]");
    await shoot(page, "desktop_cancel");
    await assertAccessible(page, "the question");
    await page.click("dialog [value=no]");
    await page.waitForTimeout(300);
    assert.equal(await page.locator("[data-do=retry]").count(), 0, "cancelled all the same");
    await page.click("[data-do=cancel]");
    await page.click("dialog [value=yes]");
    await page.waitForSelector("[data-do=retry]");
    await page.click("[data-do=retry]");
    await page.waitForSelector("[data-do=pause]");
    // Whatever happens, what was typed and chosen stays.
    await goTo(page, "runs", ".rows .row:not([hidden]) a[href]");
    await page.fill("input[type=search]", "damping=0.");
    await page.waitForTimeout(1500);
    assert.equal(await page.inputValue("input[type=search]"), "damping=0.");
    assert.equal(await page.evaluate("document.activeElement.type"), "search");
    await page.context().close();
    return { errors };
  },
};

try {
  const script = SCRIPTS[Deno.env.get("DASHBOARD_SCRIPT") ?? "nothing"]!;
  console.log(JSON.stringify(await script()));
} finally {
  await browser.close();
}
