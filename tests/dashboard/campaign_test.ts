/** `simrun run --dashboard`: a server beside the campaign, which ends with it whichever way that ends. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { startSimrun } from "../helpers/program.ts";
import { addressSaid, placeStudy } from "./shown_tree.ts";

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  Deno.test(`simrun run --dashboard prints an address, and its server ends with the campaign (${signal})`, () =>
    inFolder((folder) =>
      leavesNoProcess(async () => {
        await placeStudy(folder);
        const words = ["run", join(folder, "slow.yaml"), "--tree", join(folder, "tree")];
        const child = startSimrun([...words, "-j", "1", "--dashboard"], { stderr: "piped" });
        const { url, said } = await addressSaid(child);
        const { origin, search } = new URL(url);
        const socket = new WebSocket(`${origin.replace("http", "ws")}/live${search}`);
        const first = await new Promise<string>((resolve, reject) => {
          socket.onmessage = ({ data }) => resolve(data);
          socket.onclose = () => reject(new Error("closed before the first picture"));
        });
        assert.equal(JSON.parse(first).status.simrun.state, "working");
        const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
        // deno-lint-ignore no-explicit-any -- JSON
        let last: any;
        socket.onmessage = ({ data }) => last = JSON.parse(data);
        child.kill(signal);
        const { code, reason } = await closed;
        assert.equal(code, 1001);
        assert.equal(reason, "This simrun has ended.");
        // The last that is told is how it ended.
        assert.equal(last.status.simrun.state, signal === "SIGINT" ? "ended" : "lost");
        await said.cancel();
        await child.status;
      })
    ));
}
