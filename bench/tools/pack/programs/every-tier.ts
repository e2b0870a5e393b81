/** What a user of the package might write, on every tier in turn. Prints one line of JSON for each. */
import { compile, source, type Tier, t, tumble } from 'millrace'

const query = source(
  'orders',
  { at: t.timestamp('us'), item: t.utf8, price: t.float64.orNull },
  { time: 'at' },
)
  .window(tumble('at', '1m'))
  .groupBy('item')
  .agg((order, a) => ({ orders: a.count(), dearest: a.max(order.price) }))
  .filter(one => one.orders > 1n)

const rows = Array.from({ length: 1000 }, (_, i) => ({
  at: BigInt(i) * 1_000_000n,
  item: ['tea', 'milk', 'sugar'][i % 3],
  price: i % 7 === 0 ? null : i / 4,
}))

async function run(asked: Tier): Promise<{ readonly tier: Tier; readonly results: readonly string[] }> {
  const results: string[] = []
  const live = compile(query).open(
    batch => {
      for (const row of batch) results.push(String(row))
    },
    { tier: asked },
  )
  const tier = await live.warm(rows)
  live.push(rows)
  live.end()
  return { tier, results }
}

for (const tier of ['interp', 'js', 'native'] as const) console.log(JSON.stringify(await run(tier)))
