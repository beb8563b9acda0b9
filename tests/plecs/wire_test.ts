/** The wire without a wire: calls as text, answers from text, in both protocols. */
import assert from "node:assert/strict";
import { decodeJsonAnswer, encodeJsonCall } from "../../src/plecs/json_rpc.ts";
import { faultOf, PlecsFault, type PlecsFaultKind } from "../../src/plecs/plecs_fault.ts";
import { Base64, numberOf, type RpcValue } from "../../src/plecs/value.ts";
import { readWaveforms, waveformsText } from "../../src/plecs/waveforms.ts";
import { decodeXmlAnswer, encodeXmlCall } from "../../src/plecs/xml_rpc.ts";

/** An answer that holds this value, as text of XML. */
function answerOf(value: string): string {
  return `<?xml version="1.0"?><methodResponse><params><param><value>${value}</value></param></params></methodResponse>`;
}

function read(value: string): unknown {
  return structuredCloneOf(decodeXmlAnswer([answerOf(value)]));
}

/** Without its class and prototypes. */
function structuredCloneOf(value: RpcValue): unknown {
  return JSON.parse(JSON.stringify(value));
}

function assertFault(work: () => unknown, kind: PlecsFaultKind, words: RegExp): void {
  assert.throws(work, (error) => {
    assert.ok(error instanceof PlecsFault, String(error));
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, words);
    return true;
  });
}

Deno.test("encodeXmlCall() writes what the manual's sample shows, and never more than values", () => {
  assert.equal(
    encodeXmlCall("plecs.simulate", ["Buck", [{
      ModelVars: { varL: 5e-5, n: 3, on: true, name: "a<b&c]]>\u0000\r" },
      none: null,
    }]]),
    '<?xml version="1.0"?><methodCall><methodName>plecs.simulate</methodName><params>' +
      "<param><value><string>Buck</string></value></param><param><value><array><data><value><struct>" +
      "<member><name>ModelVars</name><value><struct>" +
      "<member><name>varL</name><value><double>0.00005</double></value></member>" +
      "<member><name>n</name><value><double>3</double></value></member>" +
      "<member><name>on</name><value><boolean>1</boolean></value></member>" +
      "<member><name>name</name><value><string>a&lt;b&amp;c]]&gt;&#13;</string></value></member>" +
      "</struct></value></member><member><name>none</name><value><nil/></value></member>" +
      "</struct></value></data></array></value></param></params></methodCall>",
  );
  assert.equal(
    encodeJsonCall("plecs.get", ["m", "SystemState"], 7),
    '{"jsonrpc":"2.0","method":"plecs.get","params":["m","SystemState"],"id":7}',
  );
});

Deno.test("decodeXmlAnswer() reads every type, typed or not, whole or in pieces", () => {
  const value = "<struct>\n<member><name>a &amp; b</name><value><i4>-3</i4></value></member>" +
    "<member><name>__proto__</name>\n <value><int>7</int></value> </member>" +
    "<member><name>list</name><value><array><data> <value><double>1e-3</double></value>" +
    "<value>bare &lt;text&#228;&#x1F600;</value><value><string></string></value><value/>" +
    "<value><nil/></value><value><boolean>1</boolean></value><value><array><data/></array></value>" +
    "</data></array></value></member></struct>";
  const wanted = `{"a & b":-3,"__proto__":7,"list":[0.001,"bare <textä😀","","",null,true,[]]}`;
  const text = answerOf(value);
  for (const size of [text.length, 1, 7]) {
    const pieces: string[] = [];
    for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
    assert.equal(JSON.stringify(decodeXmlAnswer(pieces)), wanted);
  }
  const blob = decodeXmlAnswer([answerOf("<base64>TUFU\nTEFC</base64>")]);
  assert.ok(blob instanceof Base64);
  assert.equal(blob.text, "TUFUTEFC");
});

Deno.test("decodeXmlAnswer() refuses DTDs, entities of their own, what is cut, too deep or no answer", () => {
  const dtd = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>';
  assertFault(() => decodeXmlAnswer([dtd + answerOf("&a;").slice(21)]), "foreign", /DTD/);
  assertFault(() => read("&file;"), "transient", /no XML/);
  assertFault(() => read("<int>many</int>"), "transient", /"many" in the answer is no number/);
  const whole = answerOf("<double>1</double>");
  assertFault(() => decodeXmlAnswer([whole.slice(0, -9)]), "transient", /no XML/);
  assertFault(() => decodeXmlAnswer(["<html><body>"]), "foreign", /is no answer/);
  assertFault(() => decodeXmlAnswer(['{"jsonrpc": "2.0"}']), "foreign", /no XML/);
  assertFault(() => decodeXmlAnswer([""]), "foreign", /./);
  const deep = "<array><data><value>".repeat(200) + "</value></data></array>".repeat(200);
  assertFault(() => read(deep), "foreign", /nested deeper/);
});

Deno.test("a fault is one in both protocols, with the same words", () => {
  const words = "Simulation error: Error while executing callback for parallel simulation 3";
  const xml =
    '<?xml version="1.0"?><methodResponse><fault><value><struct><member><name>faultCode</name>' +
    "<value><int>-34000</int></value></member>\n<member><name>faultString</name>" +
    `<value><string>${words}</string></value></member></struct></value></fault></methodResponse>`;
  assertFault(() => decodeXmlAnswer([xml]), "own", /parallel simulation 3$/);
  const json = `{"jsonrpc":"2.0","id":1,"error":{"code":-34000,"message":"${words}"}}`;
  assertFault(() => decodeJsonAnswer(json, 1), "own", /parallel simulation 3$/);
});

Deno.test("faultOf() tells what passes from what is the run's own", () => {
  const kinds: [string, PlecsFaultKind][] = [
    ["Simulation error: Matrix is singular", "own"],
    ["Matrix is singular", "own"],
    ["Simulation error: the value is already negative", "own"],
    ["Simulation timed out", "timeout"],
    ["Simulation error: Timeout reached after 600 s", "timeout"],
    ["Server busy", "busy"],
    ["A blocking call is being processed", "busy"],
    ["A simulation is already running", "busy"],
    ["Model 'buck' is not loaded", "not-loaded"],
    ["Model buck does not exist", "not-loaded"],
    ["Undefined variable 'varL'", "own"],
    ["", "own"],
  ];
  for (const [text, kind] of kinds) assert.equal(faultOf(text).kind, kind, text);
});

Deno.test("decodeJsonAnswer() wants its own id, and a result", () => {
  assert.deepEqual(decodeJsonAnswer('{"jsonrpc":"2.0","id":4,"result":[1,"é",null]}', 4), [
    1,
    "é",
    null,
  ]);
  assertFault(
    () => decodeJsonAnswer('{"jsonrpc":"2.0","id":3,"result":1}', 4),
    "transient",
    /call 3 instead of 4/,
  );
  assertFault(
    () => decodeJsonAnswer('{"jsonrpc":"2.0","result":1}', 4),
    "transient",
    /call null instead of 4/,
  );
  assertFault(() => decodeJsonAnswer('{"jsonrpc":"2.0","id":4}', 4), "foreign", /neither a result/);
  assertFault(
    () => decodeJsonAnswer('{"jsonrpc":"2.0","id":4,"result":[1,2', 4),
    "transient",
    /ends in the middle/,
  );
  assertFault(() => decodeJsonAnswer("[1]", 4), "foreign", /is no answer/);
  assertFault(() => decodeJsonAnswer("", 4), "foreign", /an empty answer/);
});

Deno.test("numbers that are none come as null, as text of any kind, or bare", () => {
  const texts = [
    "NaN",
    "nan",
    "-nan(ind)",
    "1.#QNAN",
    "-1.#IND",
    "Inf",
    "-Infinity",
    "1.#INF",
    "1e3",
  ];
  const numbers = [NaN, NaN, NaN, NaN, NaN, Infinity, -Infinity, Infinity, 1000];
  assert.deepEqual(texts.map((text) => numberOf(text)), numbers);
  assert.deepEqual([null, "", "x", "0x"].map((one) => numberOf(one)), [
    NaN,
    undefined,
    undefined,
    undefined,
  ]);
  const bare =
    '{"id":1,"result":{"Time":[0,1,2,3],"Values":[[NaN,-Infinity,null,"Inf"]],"s":"NaN, \\"inf"}}';
  const answer = decodeJsonAnswer(bare, 1) as { s: string };
  assert.equal(answer.s, 'NaN, "inf');
  assert.deepEqual([...readWaveforms(answer).signals[0]!], [NaN, -Infinity, NaN, Infinity]);
  const xml = read("<double>nan</double>");
  assert.equal(xml, null);
});

Deno.test("readWaveforms() takes Values either way round, by the length of Time", () => {
  const Time = [0, 1, 2];
  const rows = [[0, 10, 20], [5, 6, 7]];
  const turned = [[0, 5], [10, 6], [20, 7]];
  for (const Values of [rows, turned]) {
    const { time, signals } = readWaveforms({ Time, Values });
    assert.deepEqual([...time], Time);
    assert.deepEqual(signals.map((one) => [...one]), rows);
  }
  // As many signals as times: a row for each signal, which is what PLECS sends.
  const square = readWaveforms({ Time: [0, 1], Values: [[1, 2], [3, 4]] });
  assert.deepEqual(square.signals.map((one) => [...one]), [[1, 2], [3, 4]]);
  assert.deepEqual(readWaveforms({ Time, Values: [1, 2, 3] }).signals.map((one) => [...one]), [[
    1,
    2,
    3,
  ]]);
  assert.deepEqual(readWaveforms({ Time: 1, Values: [[2], [3]] }).signals.map((one) => [...one]), [[
    2,
  ], [3]]);
});

Deno.test("readWaveforms() says what is missing, and which lengths do not fit", () => {
  assertFault(() => readWaveforms(null), "own", /Outport block/);
  assertFault(() => readWaveforms({}), "own", /Outport block/);
  assertFault(() => readWaveforms(new Base64("TUFU")), "own", /Outport block/);
  assertFault(
    () => readWaveforms({ Time: [0, 1], Values: [[1, 2, 3]] }),
    "own",
    /2 times, and values of lengths 3/,
  );
  assertFault(() => readWaveforms({ Time: [0, "x"], Values: [[1, 2]] }), "own", /Time holds "x"/);
});

Deno.test("waveformsText() is a table whose numbers are exact", () => {
  const waves = readWaveforms({ Time: [0, 1e-7], Values: [[0.1, null], [-1 / 3, "-Inf"]] });
  assert.equal(
    waveformsText(waves, ["time", "Vout", 'a,"b']),
    'time,Vout,"a,""b"\n0,0.1,-0.3333333333333333\n1e-7,nan,-inf\n',
  );
});
