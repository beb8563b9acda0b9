/** What a slot inherits of its environment. */
import assert from "node:assert/strict";
import { slotEnvironment } from "../../src/worker/slot_environment.ts";

Deno.test("slotEnvironment() keeps what system, runtime and site need, and no secrets", () => {
  const kept = {
    PATH: "/usr/bin",
    LC_ALL: "C.UTF-8",
    LD_LIBRARY_PATH: "/opt/lib",
    DENO_DIR: "/tmp/deno",
    OMP_NUM_THREADS: "1",
    https_proxy: "http://proxy.example.org:3128",
  };
  const secret = {
    AWS_SECRET_ACCESS_KEY: "x",
    GITHUB_TOKEN: "x",
    DENO_AUTH_TOKENS: "x@example.org",
    HTTPS_PROXY: "http://user:x@proxy.example.org:3128",
    MY_OWN: "x",
  };
  assert.deepEqual(slotEnvironment({ ...kept, ...secret }), kept);
});
