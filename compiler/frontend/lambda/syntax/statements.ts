/**
 * Function bodies: declarations, `if`, `return`. What a body returns is made by the caller: a test for a predicate,
 * columns for a projection. Statements after an `if` are read once for each way that leads to them.
 */
import type { Expression, Pattern, Statement, VariableDeclaration, VariableDeclarator } from 'acorn'
import { type Expr, isLiteral } from '../../../../ir/expr/expr.ts'
import { assign, type Context, conditionally, within } from '../context.ts'
import { probe } from '../meaning/tests.ts'
import { type Place, refuse } from '../refusal.ts'
import { isCounter } from './counters.ts'
import { readTest, refuseEffect } from './operators.ts'
import { bindPattern } from './patterns.ts'
import { Scope, type Variable } from './scope.ts'

/** How the results of the ways through a body are read and put together. */
export interface Result<T> {
  read(node: Expression): T
  join(at: Place, test: Expr, then: T, otherwise: T): T
  /** The result, after expressions whose faults JavaScript would meet on the way to it. */
  after(evaluated: readonly Expr[], result: T): T
}

type Rest<T> = () => T

export function readBody<T>(cx: Context, result: Result<T>): T {
  const { body } = cx.node
  if (body.type !== 'BlockStatement') return result.read(body)
  return new Body(cx, result).run(body.body, () =>
    refuse(body, 'not every way returns a value', 'return a value at the end'),
  )
}

class Body<T> {
  readonly #cx: Context
  readonly #result: Result<T>

  constructor(cx: Context, result: Result<T>) {
    this.#cx = cx
    this.#result = result
  }

  /** The result of statements, and of what follows them where they do not return. */
  run(statements: readonly Statement[], rest: Rest<T>): T {
    const [first, ...others] = statements
    return first ? this.#statement(first, () => this.run(others, rest)) : rest()
  }

  #statement(node: Statement, rest: Rest<T>): T {
    switch (node.type) {
      case 'ReturnStatement':
        if (!node.argument) return refuse(node, 'a return without a value', 'return a value')
        return this.#result.read(node.argument)
      case 'ExpressionStatement':
        this.#effect(node.expression)
        return rest()
      case 'VariableDeclaration':
        return this.#declare(node, rest)
      case 'IfStatement': {
        const test = readTest(this.#cx, node.test)
        const side = (branch: Statement | null | undefined): T =>
          conditionally(this.#cx, () => (branch ? this.#block([branch], rest) : rest()))
        if (isLiteral(test)) return side(test.value === true ? node.consequent : node.alternate)
        const then = side(node.consequent)
        return this.#result.join(node, test, then, side(node.alternate))
      }
      case 'BlockStatement':
        return this.#block(node.body, rest)
      case 'EmptyStatement':
        return rest()
      default:
        return refuseStatement(node)
    }
  }

  /** Statements with names of their own; the rest does not see them. */
  #block(statements: readonly Statement[], rest: Rest<T>): T {
    const { scope } = this.#cx
    return within(this.#cx, new Scope(scope), () => this.run(statements, () => within(this.#cx, scope, rest)))
  }

  #effect(node: Expression): void {
    if (isCounter(node) || node.type === 'Literal') return
    if (node.type === 'AssignmentExpression') this.#cx.read(node)
    else if (node.type === 'SequenceExpression') for (const one of node.expressions) this.#effect(one)
    else refuseEffect(this.#cx, node)
  }

  #declare(node: VariableDeclaration, rest: Rest<T>): T {
    const evaluated = node.declarations.flatMap(declaration => this.#declareOne(declaration, node.kind))
    return this.#result.after(evaluated, rest())
  }

  /** What JavaScript evaluates here, used or not. */
  #declareOne({ id, init }: VariableDeclarator, kind: VariableDeclaration['kind']): readonly Expr[] {
    const cx = this.#cx
    const alias = init?.type === 'Identifier' ? cx.scope.find(init.name) : undefined
    if (alias && alias.kind !== 'variable') {
      bindPattern(cx, id, alias)
      return []
    }
    const variable: Variable = { kind: 'variable', value: undefined }
    const name = nameOf(id)
    if (!init) {
      cx.scope.declare(name, variable)
      return []
    }
    if ((cx.writes.get(name) ?? 0) > (kind === 'var' ? 1 : 0)) refuseReassigned(id, name)
    const value = cx.read(init)
    cx.scope.declare(name, variable)
    assign(cx, variable, value)
    return [probe(value)]
  }
}

const refuseReassigned = (at: Place, name: string): never =>
  refuse(at, `'${name}' is assigned`, 'use const and an expression: const x = test ? a : b')

function nameOf(id: Pattern): string {
  if (id.type === 'Identifier') return id.name
  return refuse(id, 'only the row and the parameters can be taken apart', 'use: const name = expression')
}

const refusals: Readonly<Record<string, readonly [reason: string, fix: string]>> = {
  ForStatement: ['loops cannot be compiled', 'write an expression of the row'],
  ForInStatement: ['loops cannot be compiled', 'write an expression of the row'],
  ForOfStatement: ['loops cannot be compiled', 'write an expression of the row'],
  WhileStatement: ['loops cannot be compiled', 'write an expression of the row'],
  DoWhileStatement: ['loops cannot be compiled', 'write an expression of the row'],
  SwitchStatement: ['switch is not supported', 'use if and return, or test ? a : b'],
  ThrowStatement: ['exceptions cannot be compiled', 'return false, or null, for such rows'],
  TryStatement: ['exceptions cannot be compiled', 'test for the case that would throw'],
  FunctionDeclaration: ['a function inside of the function cannot be compiled', 'write its body in place'],
  ClassDeclaration: ['a class cannot be compiled', 'compute from the row alone'],
}

function refuseStatement(node: Statement): never {
  const [reason, fix] = refusals[node.type] ?? [`${node.type} is not supported`, 'use const, if and return']
  return refuse(node, reason, fix)
}
