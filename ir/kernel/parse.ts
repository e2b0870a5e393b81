/** Reads the text that print.ts writes: parse(print(kernel)) is the same kernel. */
import { bool, f64, i32, i64, load, op, select } from './build.ts'
import type {
  Block,
  Expr,
  Field,
  FieldType,
  Kernel,
  Local,
  Mem,
  Phase,
  Role,
  Stmt,
  ValueType,
} from './node.ts'
import { widened } from './node.ts'
import { type OpName, ops } from './ops.ts'

const TOKEN =
  /\s*(-?\d+n|-?(?:\d+\.\d+(?:e[+-]?\d+)?|\d+e[+-]?\d+)|(?:-?Infinity|NaN)(?![\w.])|-?\d+|[A-Za-z_][\w.]*|[()[\],=.:{}+])/y

class Line {
  readonly #text: string
  readonly #tokens: string[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
    TOKEN.lastIndex = 0
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const match = TOKEN.exec(text)
      if (!match) throw new Error(`kernel text: cannot read '${text}'`)
      this.#tokens.push(match[1])
    }
  }

  peek(): string {
    return this.#tokens[this.#at] ?? ''
  }

  take(expected?: string): string {
    const token = this.peek()
    if (token === '' || (expected !== undefined && token !== expected)) {
      throw new Error(`kernel text: expected ${expected ?? 'more'} in '${this.#text}', found '${token}'`)
    }
    this.#at++
    return token
  }

  skip(token: string): boolean {
    if (this.peek() !== token) return false
    this.#at++
    return true
  }

  end(): void {
    if (this.peek() !== '') throw new Error(`kernel text: '${this.peek()}' is left over in '${this.#text}'`)
  }
}

class Parser {
  readonly #lines: string[]
  readonly #mems = new Map<string, Mem>()
  readonly #locals = new Map<string, Local>()
  #at = 0

  constructor(text: string) {
    this.#lines = text.split('\n').filter(line => line.trim() !== '')
  }

  kernel(): Kernel {
    const name = this.#next()
      .trim()
      .replace(/^kernel /, '')
    while (this.#word() === 'mem') this.#mem(new Line(this.#next()))
    this.#keyword('begin')
    const body = this.#block()
    this.#keyword('end')
    return { name, mems: [...this.#mems.values()], body }
  }

  #next(): string {
    const line = this.#lines[this.#at++]
    if (line === undefined) throw new Error('kernel text ends too early')
    return line
  }

  #word(): string {
    return (this.#lines[this.#at] ?? '').trim().split(' ')[0]
  }

  /** A keyword stands alone: a line that only starts with the word may assign to a local of that name. */
  #isLine(word: string): boolean {
    return this.#lines[this.#at]?.trim() === word
  }

  #keyword(word: string): void {
    const line = this.#next().trim()
    if (line !== word) throw new Error(`kernel text: expected ${word}, found '${line}'`)
  }

  #mem(line: Line): void {
    line.take('mem')
    const name = line.take()
    const role = line.take() as Role
    const fields: Record<string, Field> = {}
    line.take('{')
    do {
      const field = line.take()
      const type = line.take() as FieldType
      const offset = Number(line.take())
      line.take('+')
      const stride = Number(line.take())
      fields[field] = { type, offset, stride, ...(line.skip('interned') && { interned: true }) }
    } while (line.skip(','))
    line.take('}')
    this.#mems.set(name, { name, role, fields })
  }

  #block(): Block {
    const body: Stmt[] = []
    while (!this.#isLine('end') && !this.#isLine('else')) body.push(this.#stmt())
    return body
  }

  #stmt(): Stmt {
    const text = this.#next()
    if (text.trimStart().startsWith('; ')) return { kind: 'note', text: text.trim().slice(2) }
    const line = new Line(text)
    const stmt = this.#stmtOf(line)
    return stmt
  }

  #stmtOf(line: Line): Stmt {
    const word = line.take()
    if (line.peek() === '=' || line.peek() === '[') return this.#assign(line, word)
    switch (word) {
      case 'let':
        return this.#let(line)
      case 'if':
        return this.#if(line)
      case 'loop':
      case 'block': {
        const label = line.take()
        const body = this.#block()
        this.#keyword('end')
        return { kind: word, label, body }
      }
      case 'break':
      case 'continue':
        return { kind: word, label: line.take() }
      case 'return':
        return { kind: 'return', value: this.#whole(line) }
      case 'phase':
        return { kind: 'phase', phase: line.take() as Phase }
      case 'prefetch':
        return { kind: 'prefetch', ...this.#place(line, line.take()) }
      default:
        return this.#assign(line, word)
    }
  }

  #let(line: Line): Stmt {
    const name = line.take()
    line.take(':')
    const type = line.take() as ValueType
    line.take('=')
    const local: Local = { kind: 'local', type, name }
    const value = this.#whole(line)
    this.#locals.set(name, local)
    return { kind: 'let', local, value }
  }

  #if(line: Line): Stmt {
    const cond = this.#whole(line)
    const then = this.#block()
    const hasElse = this.#isLine('else')
    if (hasElse) this.#keyword('else')
    const otherwise = hasElse ? this.#block() : []
    this.#keyword('end')
    return { kind: 'if', cond, then, else: otherwise }
  }

  #assign(line: Line, word: string): Stmt {
    if (line.skip('=')) return { kind: 'set', local: this.#local(word), value: this.#whole(line) }
    const place = this.#place(line, word)
    line.take('=')
    return { kind: 'store', ...place, value: this.#whole(line) }
  }

  #place(line: Line, name: string): { mem: Mem; index: Expr; field: string } {
    const mem = this.#mems.get(name)
    if (!mem) throw new Error(`kernel text: no region ${name}`)
    line.take('[')
    const index = this.#expr(line)
    line.take(']')
    line.take('.')
    return { mem, index, field: line.take() }
  }

  #local(name: string): Local {
    const local = this.#locals.get(name)
    if (!local) throw new Error(`kernel text: no local ${name}`)
    return local
  }

  #whole(line: Line): Expr {
    const expr = this.#expr(line)
    line.end()
    return expr
  }

  #expr(line: Line): Expr {
    const word = line.take()
    const constant = constantOf(word)
    if (constant) return constant
    if (line.peek() === '[') {
      const { mem, field, index } = this.#place(line, word)
      if (!mem.fields[field] || !(mem.fields[field].type in widened))
        throw new Error(`no field ${mem.name}.${field}`)
      return load(mem, field, index)
    }
    if (line.peek() !== '(') return this.#local(word)
    const args = this.#args(line)
    if (word === 'select') return select(args[0], args[1], args[2])
    if (!(word in ops)) throw new Error(`kernel text: no op ${word}`)
    return op(word as OpName, ...args)
  }

  #args(line: Line): Expr[] {
    const args: Expr[] = []
    line.take('(')
    do args.push(this.#expr(line))
    while (line.skip(','))
    line.take(')')
    return args
  }
}

function constantOf(word: string): Expr | undefined {
  if (word === 'true' || word === 'false') return bool(word === 'true')
  if (/^-?\d+n$/.test(word)) return i64(BigInt(word.slice(0, -1)))
  if (/^-?\d+$/.test(word)) return i32(Number(word))
  if (word === 'NaN' || /^-?(\d|Infinity$)/.test(word)) return f64(Number(word))
  return undefined
}

export const parseKernel = (text: string): Kernel => new Parser(text).kernel()
