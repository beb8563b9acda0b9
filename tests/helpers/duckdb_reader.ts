/** Answers SQL queries, given as arguments, as JSON on stdout. Run by `duckdb.ts`. */

// Not in the lock file of the project, whose executable would carry it otherwise.
const PACKAGE = "npm:@duckdb/node-api@1.5.5-r.5";
const { DuckDBInstance } = await import(PACKAGE);
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const answers: unknown[] = [];
for (const query of Deno.args) {
  answers.push((await connection.runAndReadAll(query)).getRowObjectsJson());
}
console.log(JSON.stringify(answers));
