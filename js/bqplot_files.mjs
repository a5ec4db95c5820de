// bqplot's front end and its licences, in the environment whose commands are on the PATH.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const read = (...path) => readFileSync(join(...path), 'utf8');

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
/** The series of bqplot's front end that our marks extend: "0.6." */
const SERIES = manifest.jupyterlab.sharedPackages.bqplot.requiredVersion.match(/\d+\.\d+\./)[0];

function extension(prefix, name) {
  return join(prefix, 'share/jupyter/labextensions', name);
}

function isOurs(prefix) {
  const path = join(extension(prefix, 'bqplot'), 'package.json');
  return existsSync(path) && JSON.parse(read(path)).version.startsWith(SERIES);
}

const prefix = process.env.PATH.split(delimiter).map(dirname).find(isOurs);
if (prefix === undefined) {
  throw new Error(`No bqplot with front end ${SERIES}x lies beside the commands on the PATH.`);
}

/** The AMD module that bqplot ships. */
export const BQPLOT = join(prefix, 'share/jupyter/nbextensions/bqplot/index.js');

/** Each package in that module, with the name and the text of its licence. */
export function licences() {
  return ['bqplot', 'bqscales'].flatMap((name) => [
    { name, licenseId: 'Apache-2.0', ...versionAndText(name) },
    ...JSON.parse(read(extension(prefix, name), 'static/third-party-licenses.json')).packages.map(
      ({ name: inner, versionInfo, licenseId, extractedText }) => ({
        name: inner,
        versionInfo,
        licenseId,
        text: extractedText || read(import.meta.dirname, 'licenses', `${inner}.txt`),
      }),
    ),
  ]);
}

function versionAndText(name) {
  for (const lib of [...libraries(join(prefix, 'lib')), join(prefix, 'Lib')]) {
    const packages = join(lib, 'site-packages');
    const info = existsSync(packages)
      ? readdirSync(packages).find((each) => each.startsWith(`${name}-`) && each.endsWith('.dist-info'))
      : undefined;
    if (info !== undefined) {
      const versionInfo = info.slice(name.length + 1, -'.dist-info'.length);
      return { versionInfo, text: read(packages, info, 'licenses/LICENSE') };
    }
  }
  throw new Error(`The licence of ${name} was not found under ${prefix}.`);
}

function libraries(lib) {
  return existsSync(lib) ? readdirSync(lib).map((each) => join(lib, each)) : [];
}
