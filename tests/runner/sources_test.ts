/** At which commits sources are: told by git, and without one by its files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readCommits, sourceFiles } from "../../src/runner/sources.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module } from "../helpers/jobs.ts";

const HAS_GIT = await new Deno.Command("git", {
  args: ["--version"],
  stdout: "null",
  stderr: "null",
})
  .output().then(({ success }) => success, () => false);
const NEEDS = HAS_GIT ? "" : " (left out: needs git)";

Deno.test({
  name:
    `readCommits() tells the commit of each repository, and whether its files are in it${NEEDS}`,
  ignore: !HAS_GIT,
  async fn() {
    await inFolder(async (real) => {
      const folder = await Deno.realPath(real);
      const git = async (...words: readonly string[]) => {
        const { stdout, success } = await new Deno.Command("git", {
          args: ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...words],
          stderr: "null",
        }).output();
        assert.ok(success, words.join(" "));
        return new TextDecoder().decode(stdout).trim();
      };
      const model = await place(folder, "models/m.ts", "export function step() {}\n");
      const manifest = await place(folder, "jobs.yaml", "id: a\n");
      const files = sourceFiles([aJob({ model: module(model) })], [{ path: manifest }, {
        path: "-",
      }]);
      assert.deepEqual(files, [model, manifest]);
      await git("init", "-q");
      assert.deepEqual(await readCommits(files), [], "no commit yet");
      await git("add", ".");
      await git("commit", "-qm", "one");
      const commit = await git("rev-parse", "HEAD");
      assert.deepEqual(await readCommits(files), [{ folder, commit, changed: false }]);
      await place(folder, "simruns/simrun.json", "{}");
      assert.deepEqual((await readCommits(files))[0]!.changed, false, "what is no source");
      const other = await place(folder, "models/other.ts", "");
      assert.deepEqual((await readCommits([...files, other]))[0]!.changed, true, "never added");
      await place(folder, "jobs.yaml", "id: b\n");
      assert.deepEqual(await readCommits(files), [{ folder, commit, changed: true }]);
      // Without a git: by its files, which know nothing of changes.
      const { PATH } = Deno.env.toObject();
      Deno.env.set("PATH", join(folder, "nowhere"));
      try {
        assert.deepEqual(await readCommits(files), [{ folder, commit }]);
        Deno.env.set("PATH", PATH!);
        await git("pack-refs", "--all");
        Deno.env.set("PATH", join(folder, "nowhere"));
        assert.deepEqual(await readCommits(files), [{ folder, commit }]);
        Deno.env.set("PATH", PATH!);
        await git("checkout", "-q", "--detach");
        await git("worktree", "add", "-q", join(folder, "beside"));
        Deno.env.set("PATH", join(folder, "nowhere"));
        const beside = join(folder, "beside");
        assert.deepEqual(await readCommits([...files, join(beside, "jobs.yaml")]), [
          { folder, commit },
          { folder: beside, commit },
        ]);
      } finally {
        Deno.env.set("PATH", PATH!);
      }
    });
  },
});

Deno.test("readCommits() says nothing where there is no repository", async () => {
  await inFolder(async (folder) => {
    const model = await place(folder, "m.ts", "");
    assert.deepEqual(await readCommits([model, join(folder, "gone/m.ts")]), []);
  });
});
