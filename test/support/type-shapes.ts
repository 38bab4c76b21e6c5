import assert from 'node:assert/strict';
import { join } from 'node:path';
import ts from 'typescript';

/** The shape of a type: fields by name ('?' when they may be left out), literals of a union, or a basic type. */
export type Shape = string | { readonly [field: string]: Shape };

/** Reads the interfaces of files of src/ with the compiler, so that nothing has to be repeated in a test. */
export function typeShapes(...paths: readonly string[]): (typeName: string) => Shape {
  const files = paths.map((path) => join(import.meta.dirname, '../../src', path));
  const program = ts.createProgram(files, {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: [],
  });
  const checker = program.getTypeChecker();
  return (typeName) => {
    for (const file of files) {
      const source = program.getSourceFile(file);
      const module = source && checker.getSymbolAtLocation(source);
      const symbol = module && checker.getExportsOfModule(module).find(({ name }) => name === typeName);
      if (symbol !== undefined) return shapeOfType(checker, checker.getDeclaredTypeOfSymbol(symbol));
    }
    throw new Error(`${paths.join(', ')} have no type ${typeName}`);
  };
}

function shapeOfType(checker: ts.TypeChecker, type: ts.Type): Shape {
  if (type.flags & ts.TypeFlags.Boolean) return 'boolean';
  if (type.flags & ts.TypeFlags.StringLiteral) return (type as ts.StringLiteralType).value;
  if (type.isUnion()) {
    const members = type.types.map((member) => shapeOfType(checker, member));
    assert.ok(
      members.every((member) => typeof member === 'string'),
      'the model has unions of literals only',
    );
    return members.sort().join(' | ');
  }
  if (type.flags & ts.TypeFlags.String) return 'string';
  if (type.flags & ts.TypeFlags.Number) return 'number';
  const element = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
  if (element !== undefined) return { '[]': shapeOfType(checker, element) };
  const value = checker.getIndexTypeOfType(type, ts.IndexKind.String);
  if (value !== undefined) return { '*': shapeOfType(checker, value) };
  return Object.fromEntries(
    checker
      .getPropertiesOfType(type)
      .map((property): [string, Shape] => {
        const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
        const own = checker.getNonNullableType(checker.getTypeOfSymbol(property));
        return [optional ? `${property.name}?` : property.name, shapeOfType(checker, own)];
      })
      .sort(byName),
  );
}

/** Sorts the entries of a shape. */
export function byName([a]: [string, Shape], [b]: [string, Shape]): number {
  return a < b ? -1 : 1;
}
