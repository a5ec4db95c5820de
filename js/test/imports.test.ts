// @vitest-environment node
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SOURCES = fileURLToPath(new URL('../src', import.meta.url));

/** Every import and export from another file, those of types and those at run time too. */
const FROM = /(?:\bfrom\s+|\bimport\s+|\bimport\()'(\.[^']*)'/g;

const files = readdirSync(SOURCES, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(join(SOURCES, file), 'utf8');
  return Array.from(text.matchAll(FROM), ([, path = '']) => {
    const target = relative(SOURCES, join(SOURCES, dirname(file), path));
    return [`${target}.ts`, join(target, 'index.ts')].find((each) => files.includes(each)) ?? '';
  }).filter((each) => each !== '');
}

/** The files of a circle of imports, or none. */
function circle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const left = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) {
      return [...path.slice(path.indexOf(file)), file];
    }
    if (left.has(file)) {
      return [];
    }
    for (const each of graph.get(file) ?? []) {
      const found = visit(each, [...path, file]);
      if (found.length > 0) {
        return found;
      }
    }
    left.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const found = visit(file, []);
    if (found.length > 0) {
      return found;
    }
  }
  return [];
}

describe('the imports of the sources', () => {
  const graph = new Map(files.map((file) => [file, importsOf(file)]));

  it('are found', () => {
    expect(graph.get('curve.ts')).toContain('readout.ts');
    expect(graph.get('curve.ts')).toContain(join('geometry', 'path.ts'));
    expect(graph.get('index.ts')).toContain(join('bars', 'index.ts'));
    expect(graph.get('plugin.ts')).toContain('index.ts');
    expect(graph.get(join('bars', 'choice_bar.ts'))).toContain('marker.ts');
  });

  it('have no circle, of types neither', () => {
    expect(circle(graph)).toEqual([]);
  });

  it('would be found out if they had one', () => {
    const bent = new Map([...graph, ['readout.ts', ['curve.ts']]]);
    expect(circle(bent)).toEqual(['curve.ts', 'readout.ts', 'curve.ts']);
  });
});
