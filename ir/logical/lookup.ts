/**
 * lookup: adds to each row the columns of the row of a table that has the same key. The table lies outside: what was looked up is
 * remembered, also that a key is not there. A row whose key is not known waits for the answer, and a row that waits holds those
 * behind it unless order is given up. A key that is null or NaN is not there.
 */
import { MillraceError } from '../errors.ts'
import { printName } from '../expr/print.ts'
import { type Column, checkSchema, findColumn, printSchema, type Schema } from '../schema.ts'
import { isList } from '../types.ts'
import type { LogicalNode } from './index.ts'
import { rightNames } from './join-columns.ts'
import { refusal } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import { keepTime, type Relation } from './relation.ts'
import { type Source, source } from './source.ts'

/** A table as plans know it: its rows are elsewhere. */
export interface TableSpec {
  readonly name: string
  readonly schema: Schema
  /** The columns that name a row. */
  readonly key: readonly string[]
}

export const lookupTypes = ['inner', 'left'] as const
/** Which rows a lookup gives: those whose key is there, or all, with nulls where it is not. */
export type LookupType = (typeof lookupTypes)[number]

/** What a lookup is, apart from its table and keys. */
export interface LookupRules {
  readonly type: LookupType
  /** Do rows leave in order of arrival? */
  readonly isOrdered: boolean
  /** Milliseconds of the clock for which an answer counts; for ever where it is undefined. */
  readonly ttlMs: bigint | undefined
  /** Answers that are remembered. */
  readonly cacheRows: number
  /** Rows that wait, beyond which no batch is begun. */
  readonly waitingRows: number
}

export interface Lookup extends LookupRules {
  readonly kind: 'lookup'
  readonly input: LogicalNode
  readonly table: TableSpec
  /** For each column of the key of the table that of the rows. */
  readonly on: readonly string[]
  /** What columns of the table are called behind the lookup. */
  readonly names: ReadonlyMap<string, string>
  /** The columns of results, where nobody reads the others. */
  readonly columns: readonly string[] | undefined
  readonly relation: Relation
}

export type LookupSpec = LookupRules &
  Pick<Lookup, 'table' | 'on'> &
  Partial<Pick<Lookup, 'names' | 'columns'>>

export function tableSpec(name: string, schema: Schema, key: readonly string[]): TableSpec {
  checkSchema(schema)
  if (key.length === 0) throw new MillraceError('LDB-3001', `the table '${name}' has no key`)
  for (const one of key) {
    const column = findColumn(schema, one)
    if (!column)
      throw new MillraceError('LDB-1100', `the table '${name}' has no column '${one}' to be its key`)
    if (column.nullable)
      throw new MillraceError('LDB-3001', `the column '${one}' of the key of '${name}' may be null`)
  }
  const list = schema.find(({ type }) => isList(type))
  if (list) throw new MillraceError('LDB-1001', `the column '${list.name}' of table '${name}' is a list`)
  return { name, schema, key }
}

export function lookup(input: LogicalNode, spec: LookupSpec): Lookup {
  const { relation } = input
  checkInput(relation)
  checkKeys(relation.schema, spec)
  checkLimits(spec)
  const names = spec.names ?? rightNames(relation.schema, spec.table.schema)
  const node = { ...spec, kind: 'lookup' as const, input, names, columns: spec.columns }
  return { ...node, relation: relationOf(node) }
}

function checkInput({ schema, isChangelog, time }: Relation): void {
  const list = schema.find(({ type }) => isList(type))
  if (list)
    throw refusal(
      `a lookup for rows that have the list '${list.name}'`,
      'look up before lists are made, or leave them out',
    )
  if (isChangelog)
    throw refusal(
      'a lookup for changes: what is taken back may find another row than what was added did',
      'look up first, or read changes as rows: asAppend(..)',
    )
  if (time?.window)
    throw refusal('a lookup for rows that belong to windows', 'assign windows behind the lookup')
}

function checkKeys(schema: Schema, { table, on }: LookupSpec): void {
  if (on.length !== table.key.length)
    throw new MillraceError(
      'LDB-3001',
      `a lookup in '${table.name}' by ${on.length} columns; its key has ${table.key.length}`,
    )
  on.forEach((name, i) => {
    const [own, theirs] = [findColumn(schema, name), findColumn(table.schema, table.key[i])]
    if (!own) throw new MillraceError('LDB-1100', `no column '${name}' to look up by`)
    if (own.type !== theirs?.type)
      throw new MillraceError(
        'LDB-3001',
        `a lookup of '${name}', which is ${own.type}, by '${table.key[i]}', which is ${theirs?.type}`,
      )
  })
}

const LIMIT_MAX = 1 << 30

function checkLimits({ table, cacheRows, waitingRows, ttlMs }: LookupSpec): void {
  for (const [what, rows] of [
    ['remembers', cacheRows],
    ['lets wait', waitingRows],
  ] as const)
    if (!Number.isInteger(rows) || rows < 1 || rows > LIMIT_MAX)
      throw new MillraceError('LDB-0001', `a lookup in '${table.name}' that ${what} ${rows} rows`)
  if (ttlMs !== undefined && (ttlMs < 1n || ttlMs > BigInt(LIMIT_MAX) * 1000n))
    throw new MillraceError('LDB-0001', `answers of '${table.name}' that count for ${ttlMs} ms`)
}

type Unrelated = Omit<Lookup, 'relation'>

function relationOf({ input, table, names, type, columns }: Unrelated): Relation {
  const { schema, time } = input.relation
  const added = table.schema.map(column => ({
    ...column,
    name: names.get(column.name) ?? column.name,
    nullable: column.nullable || type === 'left',
  }))
  const all = checkSchema([...schema, ...added])
  const kept = columns ? all.filter(({ name }) => columns.includes(name)) : all
  const own = schema.filter(({ name }) => kept.some(one => one.name === name))
  return {
    schema: kept,
    time: keepTime(time, new Map(own.map(({ name }) => [name, name]))),
    isChangelog: false,
  }
}

/** A column of the table that results have: by its name there, by that of the results, and as answers bring it. */
export interface LookedUp {
  readonly own: Column
  readonly result: Column
  readonly answer: Column
}

/** The columns of the table that results have. */
export const lookedUp = ({
  table,
  names,
  relation,
}: Pick<Lookup, 'table' | 'names' | 'relation'>): readonly LookedUp[] =>
  table.schema.flatMap((own, i) => {
    const result = findColumn(relation.schema, names.get(own.name) ?? own.name)
    return result ? [{ own, result, answer: { ...own, name: `value_${i}`, nullable: true } }] : []
  })

/**
 * What an answer says of its key. `forgotten` is one that nobody asked for: the key is not known any more. `failed` counts as
 * `missing` for rows that wait, and is not remembered.
 */
export const Answer = { missing: 0, found: 1, forgotten: 2, failed: 3 } as const
/** The column of an answer that says so. */
export const ANSWER = 'answer'
export const answerKey = (i: number): string => `key_${i}`

/** Answers come in as rows of a source that no plan names: their key, what they say, and what was found. */
export const answersOf = (node: Lookup): Source =>
  source(`answers of ${node.table.name}`, [
    ...keyColumns(node).map((column, i) => ({ ...column, name: answerKey(i) })),
    { name: ANSWER, type: 'int8', nullable: false },
    ...lookedUp(node).map(({ answer }) => answer),
  ])

/** The key of the table. */
export const keyColumns = ({ table }: Pick<Lookup, 'table'>): Schema =>
  table.key.flatMap(name => findColumn(table.schema, name) ?? [])

export const lookupRule: OperatorRule<Lookup> = {
  inputs: node => [node.input],
  exprs: () => [],
  accepts: ['append'],
  print: node => {
    const { table, on, type, isOrdered, columns } = node
    const by = on.map((name, i) => `${printName(name)} = ${printName(table.key[i])}`)
    const gives = columns ? ` gives ${columns.map(printName).join(', ')}` : ''
    return `${type} lookup in ${printName(table.name)} (${printSchema(table.schema)}) by ${by.join(', ')}${printNames(node)}${gives}${isOrdered ? '' : ' in any order'}${printLimits(node)}`
  },
}

function printNames({ names }: Lookup): string {
  const changed = [...names].filter(([own, name]) => own !== name)
  if (changed.length === 0) return ''
  return ` with ${changed.map(([own, name]) => `${printName(own)} as ${printName(name)}`).join(', ')}`
}

const printLimits = ({ cacheRows, waitingRows, ttlMs }: Lookup): string =>
  ` remembers ${cacheRows}${ttlMs === undefined ? '' : ` for ${ttlMs} ms`}, ${waitingRows} may wait`
