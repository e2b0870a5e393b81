/**
 * JavaScript values as expressions. A value is a leaf, whose kind is known, or a choice between values that are not
 * of one kind: `f.big && f.size` is a boolean or a number. Operators are defined on leaves and go through choices.
 */
import { childrenOf, type Expr } from '../../../../ir/expr/expr.ts'
import { type DataType, factsOf } from '../../../../ir/types.ts'

export type Kind = 'number' | 'bigint' | 'string' | 'boolean' | Opaque
/** What is handed on as it is. */
type Opaque = 'binary' | 'decimal' | 'list'

/** A value of one kind. Where its expression is null, it is JavaScript's null. */
export interface Plain {
  readonly form: 'plain'
  readonly kind: Kind
  readonly expr: Expr
}
/** null or undefined, and nothing else. */
export interface Nothing {
  readonly form: 'nothing'
  readonly value: null | undefined
}
export type Leaf = Plain | Nothing
export interface Choice {
  readonly form: 'choice'
  /** A boolean that is never null. */
  readonly test: Expr
  readonly then: JsValue
  readonly otherwise: JsValue
}
export type JsValue = Leaf | Choice

export const plain = (kind: Kind, expr: Expr): Plain => ({ form: 'plain', kind, expr })
export const NULL: Nothing = { form: 'nothing', value: null }
export const UNDEFINED: Nothing = { form: 'nothing', value: undefined }

/** What values of a column type are in JavaScript. */
export function kindOf(type: DataType): Kind {
  const { class: cls, bits } = factsOf(type)
  if (cls === 'bool') return 'boolean'
  if (cls === 'list' || cls === 'decimal') return cls
  if (cls === 'bytes') return type === 'utf8' ? 'string' : 'binary'
  return cls === 'timestamp' || (bits === 64 && cls !== 'float') ? 'bigint' : 'number'
}

export const ofExpr = (expr: Expr): Plain => plain(kindOf(expr.type), expr)

export function leavesOf(value: JsValue): readonly Leaf[] {
  return value.form === 'choice' ? [...leavesOf(value.then), ...leavesOf(value.otherwise)] : [value]
}

export const isPlain = <K extends Kind>(leaf: Leaf, kind: K): leaf is Plain & { readonly kind: K } =>
  leaf.form === 'plain' && leaf.kind === kind
export const isOpaque = ({ kind }: Plain): boolean =>
  kind === 'binary' || kind === 'decimal' || kind === 'list'
export const mayBeNull = (leaf: Leaf): boolean => leaf.form === 'nothing' || leaf.expr.nullable

/** The kinds that a value may have, besides null and undefined. */
export function kindsOf(value: JsValue): ReadonlySet<Kind> {
  return new Set(leavesOf(value).flatMap(leaf => (leaf.form === 'plain' ? [leaf.kind] : [])))
}

/** For messages: `number or null`. */
export function describe(value: JsValue): string {
  const names = leavesOf(value).flatMap(leaf => {
    if (leaf.form === 'nothing') return [String(leaf.value)]
    return leaf.expr.nullable ? [leaf.kind, 'null'] : [leaf.kind]
  })
  return [...new Set(names)].join(' or ')
}

const sizes = new WeakMap<Expr, number>()

/** Nodes of an expression as a tree: parts that it shares count each time. */
export function sizeOf(expr: Expr): number {
  const known = sizes.get(expr)
  if (known !== undefined) return known
  const size = childrenOf(expr).reduce((sum, child) => sum + sizeOf(child), 1)
  sizes.set(expr, size)
  return size
}

export function sizeOfValue(value: JsValue): number {
  if (value.form === 'nothing') return 1
  if (value.form === 'plain') return sizeOf(value.expr)
  return sizeOf(value.test) + sizeOfValue(value.then) + sizeOfValue(value.otherwise)
}
