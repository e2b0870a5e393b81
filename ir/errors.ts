/**
 * The LDB-NNNN registry: every failure a user can meet has one code, a cause and a fix.
 * Numbers are a public contract and never reused. Broken invariants of ours are plain `Error`s, not codes.
 */

/** One row of the registry: what the code means and what its reader can do. */
export interface ErrorInfo {
  /** In snake case, as unique as the number. */
  readonly name: string
  /** The cause in general. */
  readonly meaning: string
  /** What to do, where the message of an error knows nothing better. */
  readonly fix: string
}

const row = (name: string, meaning: string, fix: string): ErrorInfo => ({ name, meaning, fix })

const rows = {
  'LDB-0001': row(
    'invalid_config',
    'an option has a value that is not acceptable',
    'use a value in the stated range',
  ),
  'LDB-0002': row('missing_config', 'a required option is absent', 'pass the option named in the message'),
  'LDB-0003': row(
    'unresolved_config_var',
    'a variable of the configuration could not be substituted',
    'set the variable',
  ),
  'LDB-0004': row('shutdown', 'the query was already closed', 'open the query again'),
  'LDB-0005': row('invalid_operation', 'not allowed in the present state', 'follow the order in the message'),
  'LDB-0006': row(
    'schema_mismatch',
    'the data does not fit the declared schema',
    'make the data or the declaration agree',
  ),
  'LDB-0007': row(
    'code_generation_forbidden',
    'this process forbids code generation from strings',
    'drop --disallow-code-generation-from-strings, or allow vm.Script with the option codeGeneration: "script"',
  ),
  'LDB-1001': row(
    'unsupported',
    'the plan asks for something that is not supported',
    'rewrite the part shown in the message',
  ),
  'LDB-1002': row(
    'planning_failed',
    'the query could not be planned',
    'see the message for the operator at fault',
  ),
  'LDB-1003': row(
    'not_compilable',
    'an arrow function cannot be compiled',
    'rewrite the underlined part as the hint says',
  ),
  'LDB-1100': row('column_not_found', 'there is no such column', 'use one of the listed columns'),
  'LDB-1101': row('table_not_found', 'there is no such source', 'use one of the listed sources'),
  'LDB-1102': row('duplicate_column', 'two output columns have the same name', 'rename one of them'),
  'LDB-1200': row('type_mismatch', 'operand types do not fit', 'cast one side'),
  'LDB-1201': row(
    'literal_out_of_range',
    'a literal does not fit the type it is compared or combined with',
    'use a literal of the column type',
  ),
  'LDB-2001': row(
    'watermark_required',
    'the query needs a watermark on its source',
    'declare the time column of the source',
  ),
  'LDB-2002': row('window_invalid', 'the window specification is not valid', 'see the message'),
  'LDB-2003': row(
    'window_size_invalid',
    'the size of a window must be positive and fit the time unit',
    'use a larger size or a finer time column',
  ),
  'LDB-2004': row(
    'late_data_rejected',
    'a row came after its window was closed',
    'raise the out-of-orderness of the source, or read the late output',
  ),
  'LDB-2005': row(
    'time_out_of_range',
    'an event time leaves the range in which windows can be computed',
    'check the unit of the time column',
  ),
  'LDB-2006': row(
    'too_many_partitions',
    'a source has more partitions at a time than it may',
    'raise partitionsMax, or let idle partitions be forgotten: idleAfter with onPartitionsMax "forget"',
  ),
  'LDB-2007': row(
    'ahead_of_clock',
    'the event time of a row is further ahead of the clock than the source allows',
    'correct the clock of the producer, or raise maxAhead',
  ),
  'LDB-2008': row(
    'source_paused',
    'a source is too far ahead of the others of its alignment group',
    'push what the others have, wait with pushInTurn, or say that the others are idle or have ended',
  ),
  'LDB-2009': row(
    'source_drifts',
    'a source is too far ahead of the others of its alignment group, and goes on',
    'find out what holds the others back, raise maxDrift, or let it be paused',
  ),
  'LDB-3001': row(
    'join_key_missing',
    'a join key is absent or of a type that cannot be a key',
    'join on existing columns of equal type',
  ),
  'LDB-3002': row(
    'join_time_bound_missing',
    'a stream-stream join has no time bound',
    'bound the time difference of the two sides',
  ),
  'LDB-3003': row(
    'temporal_join_no_pk',
    'the right side of a temporal join has no primary key',
    'declare its key',
  ),
  'LDB-3004': row(
    'join_type_unsupported',
    'this join type is not available on streams',
    'use a supported join type',
  ),
  'LDB-3005': row(
    'join_state_full',
    'a join keeps as many rows as it may',
    'raise maxRows of the join, or bound the time difference of the two sides',
  ),
  'LDB-3010': row(
    'ranking_bound_missing',
    'a ranking without a limit keeps all rows there have been, and each row may change them all',
    'limit the ranks that are wanted, or rank the rows of windows when those close',
  ),
  'LDB-4001': row('serialization_failed', 'state could not be serialised', 'report it with the plan'),
  'LDB-4002': row('deserialization_failed', 'state could not be read back', 'restore an older checkpoint'),
  'LDB-4003': row('json_parse_error', 'JSON text is not valid', 'correct the text at the position named'),
  'LDB-4005': row('state_key_missing', 'a key is absent from the store', 'report it with the plan'),
  'LDB-4006': row(
    'state_corruption',
    'a checksum or the content of state is not valid',
    'restore an older checkpoint',
  ),
  'LDB-5001': row(
    'connector_connection_failed',
    'a connector could not connect',
    'check address and network',
  ),
  'LDB-5003': row(
    'connector_read_error',
    'a source failed while reading',
    'see the cause; the source can be opened again',
  ),
  'LDB-5004': row(
    'connector_write_error',
    'a sink or subscriber failed while taking a batch',
    'see the cause',
  ),
  'LDB-5010': row(
    'source_not_found',
    'the query has no source of that name',
    'use one of the listed sources',
  ),
  'LDB-5020': row(
    'connector_serde_error',
    'a value could not be converted to its column type',
    'correct the value or the column type',
  ),
  'LDB-5021': row(
    'connector_schema_error',
    'the schema of the data could not be used',
    'declare the columns',
  ),
  'LDB-7001': row('query_execution_failed', 'the running query failed', 'see the cause'),
  'LDB-7002': row('arrow_error', 'an Arrow schema or batch is not usable', 'see the message'),
  'LDB-7004': row(
    'batch_invalid',
    'a batch breaks the Arrow layout rules',
    'rebuild the batch; nothing of it was taken',
  ),
  'LDB-7005': row(
    'invalid_utf8',
    'a utf8 column holds bytes that are not UTF-8',
    'use a binary column or correct the bytes',
  ),
  'LDB-8001': row('internal', 'a bug of the engine', 'report it with the plan and the data'),
  'LDB-8002': row('pipeline_error', 'the pipeline could not be started or stopped', 'see the cause'),
  'LDB-8011': row(
    'queue_full',
    'a bounded queue is full',
    'wait for the promise of push before pushing again',
  ),
  'LDB-8012': row('channel_closed', 'the other side of a channel is closed', 'open the query again'),
  'LDB-8013': row(
    'state_limit',
    'a state region reached its limit',
    'raise the limit named in the message, or shorten windows, or filter earlier',
  ),
  'LDB-8014': row(
    'value_too_large',
    'a single value is larger than the region that must hold it',
    'raise the limit named in the message',
  ),
  'LDB-8015': row(
    'native_compile_failed',
    'native code could not be made; the plan goes on in JavaScript',
    'see the cause; tier "js" avoids the attempt',
  ),
  'LDB-8016': row(
    'native_unavailable',
    'this machine cannot run native plans; the plan goes on in JavaScript',
    'install LLVM 14 and the optional packages koffi and llvm-bindings; in a checkout npm run setup does it',
  ),
  'LDB-9000': row('sql_internal', 'an engine message was not recognised', 'report it'),
  'LDB-9001': row('execution_failed', 'the query failed while running', 'see the cause'),
  'LDB-9002': row(
    'numeric_overflow',
    'the result of an operation does not fit its type',
    'cast to a wider type, or use the wrapping operation by name',
  ),
  'LDB-9003': row(
    'division_by_zero',
    'an integer was divided by zero',
    'guard the divisor with nullif(x, 0)',
  ),
  'LDB-9004': row(
    'cast_failed',
    'a value cannot be represented in the target type',
    'filter such values, or use tryCast',
  ),
  'LDB-9005': row(
    'retraction_unknown',
    'a change takes back a row that is not there',
    'send a row before it is taken back, with the same values and time; look for what refused or dropped it',
  ),
  'LDB-9006': row(
    'change_unknown',
    'a row says that it is a change of no known kind',
    'use 0 insert, 1 delete, 2 update before, 3 update after',
  ),
  'LDB-9007': row(
    'list_too_long',
    'a group has more values than a list without a limit holds',
    'give the aggregate a limit: it keeps the values that come first',
  ),
} satisfies Record<string, ErrorInfo>

/** A code of the registry, for example `'LDB-1100'`. */
export type LdbCode = keyof typeof rows

/** Every code there is, with its cause and its fix. */
export const errorRegistry: Readonly<Record<LdbCode, ErrorInfo>> = rows

/** Where in a text an error lies; `start` and `end` are UTF-16 offsets into `text`. */
export interface SourceSpan {
  /** The text of the arrow function. */
  readonly text: string
  /** Where the part at fault begins. */
  readonly start: number
  /** Where it has ended. */
  readonly end: number
}

export interface ErrorDetail {
  /** What to do, when the case knows better than the registry. */
  readonly fix?: string
  readonly span?: SourceSpan
  /** `file:line:column` of the call that built the failing part. */
  readonly at?: string
  readonly cause?: unknown
}

/** Every error a user of the engine is meant to see. `message` holds code, cause, source slice and fix. */
export class MillraceError extends Error {
  /** Stands for the kind of the error, in all versions; `errorRegistry` explains it. */
  readonly code: LdbCode
  /** The cause in one sentence. */
  readonly reason: string
  /** What to do about it. */
  readonly fix: string
  /** The part of an arrow function that could not be compiled. */
  readonly span: SourceSpan | undefined

  /** @internal */
  constructor(code: LdbCode, reason: string, detail: ErrorDetail = {}) {
    const fix = detail.fix ?? errorRegistry[code].fix
    const frame = detail.span ? `\n${underline(detail.span)}` : ''
    const at = detail.at ? `\n  at ${detail.at}` : ''
    super(`[${code}] ${reason}${frame}\n  fix: ${fix}${at}`, { cause: detail.cause })
    this.name = 'MillraceError'
    this.code = code
    this.reason = reason
    this.fix = fix
    this.span = detail.span
  }
}

/** The line of `span.text` that holds the span, with carets below it. */
export function underline(span: SourceSpan): string {
  const lineStart = span.text.lastIndexOf('\n', span.start - 1) + 1
  const lineBreak = span.text.indexOf('\n', span.start)
  const lineEnd = lineBreak < 0 ? span.text.length : lineBreak
  const number = String(span.text.slice(0, span.start).split('\n').length)
  const carets = '^'.repeat(Math.max(1, Math.min(span.end, lineEnd) - span.start))
  const gutter = ' '.repeat(number.length)
  return [
    `  ${number} | ${span.text.slice(lineStart, lineEnd)}`,
    `  ${gutter} | ${' '.repeat(span.start - lineStart)}${carets}`,
  ].join('\n')
}

/** A state that our own code must never reach; not a user error. */
export function unreachable(what: never | string): never {
  throw new Error(`broken invariant: ${typeof what === 'string' ? what : JSON.stringify(what)}`)
}
