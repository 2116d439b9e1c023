// Grafana's types against the JSON of dashboards, by the compiler of TypeScript.
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import ts from 'typescript';

const here = path.dirname(fileURLToPath(import.meta.url));

// complaints([DASHBOARD...]): for each what the compiler has against it.
export function complaints(dashboards) {
  const files = dashboards.map((dashboard, i) => {
    const file = path.join(here, `dashboard-${i}.ts`);
    writeFileSync(file, "import type {Dashboard} from './grafana';\n" +
      `export const dashboard: Dashboard = ${JSON.stringify(dashboard, null, 1)};\n`);
    return file;
  });
  const program = ts.createProgram([...files, path.join(here, 'grafana.ts')], {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  });
  const told = (diagnostic) =>
    `line ${(diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start).line ?? 0) + 1}: ` +
    ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
  const general = ts.getPreEmitDiagnostics(program)
    .filter(({file}) => !file || !files.includes(path.normalize(file.fileName)));
  if (general.length > 0) throw new Error(general.map(told).join('\n'));
  return files.map((file) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(told));
}
