// validate.mjs FILE VERSION: by the schema that the file names, strictly.
import {readFileSync} from 'node:fs';
import * as CDX from '@cyclonedx/cyclonedx-library';

const text = readFileSync(process.argv[2], 'utf8');
const version = JSON.parse(text).specVersion;
const mistakes = await new CDX.Validation.JsonStrictValidator(version).validate(text);
if (mistakes !== null) {
  console.error(JSON.stringify(mistakes, null, 2));
  process.exit(1);
}
console.log(`valid by the schema of CycloneDX ${version}`);
