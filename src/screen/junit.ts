/**
 * JUnit's XML as Jenkins, GitLab and GitHub's readers take it (the schema of Jenkins's xunit plugin, junit-10.xsd), piece
 * by piece: a hundred thousand cases are never one text. Libraries for it build the whole document first. Pure.
 */
import type { Failure } from "../job/run.ts";
import { describeFailure, describePlace } from "../report/failure_text.ts";
import { formatLong } from "../report/format.ts";
import type { TestCase, TestSuite } from "../report/test_cases.ts";
import { xmlAttribute, xmlText } from "./xml_text.ts";

export interface JunitFacts {
  /** When the invocation began. */
  readonly began: string;
  readonly host: string;
  readonly elapsedMs: number;
  /** What is added to a command so that it means the same tree. */
  readonly treeFlag: string;
  /** What went wrong beside the runs: bad manifests, a full disk. */
  readonly trouble:
    | { readonly type: string; readonly message: string; readonly text: string }
    | undefined;
}

const MESSAGE_MAX = 1_000;
const TEXT_MAX = 8_000;

export function* junitPieces(
  suites: Iterable<TestSuite>,
  facts: JunitFacts,
): IterableIterator<string> {
  const seconds = secondsText(facts.elapsedMs / 1000);
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="simrun" time="${seconds}">\n`;
  if (facts.trouble !== undefined) yield troubleSuite(facts, facts.trouble);
  for (const suite of suites) {
    const { job, cases, failed, skipped } = suite;
    yield `  <testsuite name="${xmlAttribute(job)}" tests="${cases.length}" failures="${failed}" ` +
      `errors="0" skipped="${skipped}" time="${secondsText(suite.seconds)}" ${
        whenAndWhere(facts)
      }>\n`;
    for (const one of cases) yield caseText(job, one, facts);
    yield "  </testsuite>\n";
  }
  yield "</testsuites>\n";
}

function caseText(
  job: string,
  { name, run, seconds, outcome }: TestCase,
  facts: JunitFacts,
): string {
  const head = `    <testcase classname="${xmlAttribute(job)}" name="${xmlAttribute(name)}" time="${
    secondsText(seconds)
  }"`;
  switch (outcome.kind) {
    case "passed":
      return `${head}/>\n`;
    case "skipped":
      return `${head}><skipped message="${xmlAttribute(outcome.why)}"/></testcase>\n`;
    case "failed": {
      const { failure } = outcome;
      const message = xmlAttribute(formatLong(describeFailure(failure), MESSAGE_MAX));
      return `${head}><failure type="${xmlAttribute(failure.class)}" message="${message}">${
        xmlText(failureText(job, run, failure, facts))
      }</failure></testcase>\n`;
    }
  }
}

function failureText(job: string, run: string, failure: Failure, { treeFlag }: JunitFacts): string {
  const place = describePlace(failure, "\0");
  return [
    formatLong(describeFailure(failure), TEXT_MAX),
    ...place === undefined ? [] : [`at ${place}`],
    `simrun explain ${job === run ? job : `${job}/${run}`}${treeFlag}`,
  ].join("\n");
}

/** A suite of its own: whoever reads the file sees that not all is well, though no run has failed. */
function troubleSuite(
  facts: JunitFacts,
  { type, message, text }: NonNullable<JunitFacts["trouble"]>,
) {
  return `  <testsuite name="simrun" tests="1" failures="0" errors="1" skipped="0" time="0.000" ${
    whenAndWhere(facts)
  }>\n    <testcase classname="simrun" name="simrun" time="0.000"><error type="${
    xmlAttribute(type)
  }" message="${xmlAttribute(formatLong(message, MESSAGE_MAX))}">${
    xmlText(formatLong(text, TEXT_MAX))
  }</error></testcase>\n  </testsuite>\n`;
}

function whenAndWhere({ began, host }: JunitFacts): string {
  return `timestamp="${xmlAttribute(began.slice(0, 19))}" hostname="${xmlAttribute(host)}"`;
}

function secondsText(seconds: number): string {
  return Math.max(0, seconds).toFixed(3);
}
