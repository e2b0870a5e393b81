/** The canonical text of a kernel: what people read in explain, what goldens hold, and the cache key. */
import type { Block, Const, Expr, Field, Kernel, Mem, Stmt } from './node.ts'

export function printKernel(kernel: Kernel): string {
  const mems = kernel.mems.map(printMem)
  return [`kernel ${kernel.name}`, ...mems, 'begin', ...printBlock(kernel.body, 1), 'end', ''].join('\n')
}

function printMem(mem: Mem): string {
  const fields = Object.entries(mem.fields).map(([name, field]) => `${name} ${printField(field)}`)
  return `  mem ${mem.name} ${mem.role} { ${fields.join(', ')} }`
}

const printField = (field: Field): string =>
  `${field.type} ${field.offset}+${field.stride}${field.interned ? ' interned' : ''}`

export function printBlock(block: Block, depth: number): string[] {
  return block.flatMap(stmt => printStmt(stmt, depth))
}

function printStmt(stmt: Stmt, depth: number): string[] {
  const pad = '  '.repeat(depth)
  const inner = (body: Block): string[] => printBlock(body, depth + 1)
  switch (stmt.kind) {
    case 'let':
      return [`${pad}let ${stmt.local.name}: ${stmt.local.type} = ${printExpr(stmt.value)}`]
    case 'set':
      return [`${pad}${stmt.local.name} = ${printExpr(stmt.value)}`]
    case 'store':
      return [`${pad}${stmt.mem.name}[${printExpr(stmt.index)}].${stmt.field} = ${printExpr(stmt.value)}`]
    case 'if': {
      const otherwise = stmt.else.length > 0 ? [`${pad}else`, ...inner(stmt.else)] : []
      return [`${pad}if ${printExpr(stmt.cond)}`, ...inner(stmt.then), ...otherwise, `${pad}end`]
    }
    case 'loop':
    case 'block':
      return [`${pad}${stmt.kind} ${stmt.label}`, ...inner(stmt.body), `${pad}end`]
    case 'break':
    case 'continue':
      return [`${pad}${stmt.kind} ${stmt.label}`]
    case 'return':
      return [`${pad}return ${printExpr(stmt.value)}`]
    case 'prefetch':
      return [`${pad}prefetch ${stmt.mem.name}[${printExpr(stmt.index)}].${stmt.field}`]
    case 'phase':
      return [`${pad}phase ${stmt.phase}`]
    case 'note':
      return [`${pad}; ${stmt.text}`]
  }
}

/** Expressions never change, so neither does their text. */
const texts = new WeakMap<Expr, string>()

export function printExpr(expr: Expr): string {
  if (expr.kind === 'local') return expr.name
  const text = texts.get(expr) ?? write(expr)
  texts.set(expr, text)
  return text
}

function write(expr: Expr): string {
  switch (expr.kind) {
    case 'const':
      return printConst(expr)
    case 'local':
      return expr.name
    case 'op':
      return `${expr.op}(${expr.args.map(printExpr).join(', ')})`
    case 'load':
      return `${expr.mem.name}[${printExpr(expr.index)}].${expr.field}`
    case 'select':
      return `select(${[expr.cond, expr.then, expr.else].map(printExpr).join(', ')})`
  }
}

function printConst({ type, value }: Const): string {
  if (type === 'i64') return `${value}n`
  if (type !== 'f64') return String(value)
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}
