/** YAML text to nodes with places, within limits. Never throws on bad text. Pure. */
import { convertDocument } from "./convert.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { checkLimits, LIMITS } from "./limits.ts";
import type { YamlNode } from "./node.ts";
import type { SourceText } from "./source.ts";
import { limitDiagnostic, syntaxDiagnostics } from "./syntax.ts";
import { parseDocuments } from "./yaml_parser.ts";

/** The roots of the documents that hold something. Documents with mistakes in their YAML are left out. */
export interface YamlReading {
  readonly roots: readonly YamlNode[];
  readonly diagnostics: readonly Diagnostic[];
}

export function readYaml(source: SourceText): YamlReading {
  const broken = checkLimits(source.text);
  if (broken !== undefined) return { roots: [], diagnostics: [limitDiagnostic(source, broken)] };
  const roots: YamlNode[] = [];
  const diagnostics: Diagnostic[] = [];
  let documents = 0;
  for (const { document, errors } of parseDocuments(source.text)) {
    diagnostics.push(...syntaxDiagnostics(source, errors));
    if (errors.length > 0) continue;
    if (++documents > LIMITS.documents) {
      const message = `The file has more than ${LIMITS.documents.toLocaleString("en")} documents`;
      diagnostics.push(limitDiagnostic(source, { message, offset: document.range[0] }));
      break;
    }
    const converted = convertDocument(document, source);
    for (const diagnostic of converted.diagnostics) diagnostics.push(diagnostic);
    if (converted.root !== undefined) roots.push(converted.root);
  }
  return { roots, diagnostics };
}
