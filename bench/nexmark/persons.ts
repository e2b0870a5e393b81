/** Persons: id, name, emailAddress, creditCard, city, state, dateTime, extra. */
import type { Data } from '../lib/data.ts'
import { Chance } from './chance.ts'
import { LongColumn, TextWriter } from './columns.ts'
import { FIRST_PERSON, lastPerson, type NexmarkOptions, timeOf } from './events.ts'

const encoded = (texts: string): readonly Uint8Array[] => texts.split(',').map(text => Buffer.from(text))

const states = encoded('AZ,CA,ID,OR,WA,WY')
const cities = encoded('Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne')
const firstNames = encoded('Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter')
const lastNames = encoded('Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris')
const [space, at, dotCom] = [' ', '@', '.com'].map(text => Buffer.from(text))
const FIXED_BYTES = 16
const AVERAGE_BYTES = 200

const oneOf = (chance: Chance, texts: readonly Uint8Array[]): Uint8Array => texts[chance.below(texts.length)]

export function personsOf(events: readonly number[], options: NexmarkOptions): Data {
  const rows = events.length
  const chance = new Chance(options.seed)
  const id = new LongColumn('id', rows)
  const dateTime = new LongColumn('dateTime', rows, 'timestamp[ms]')
  const names = ['name', 'emailAddress', 'creditCard', 'city', 'state', 'extra']
  const [name, emailAddress, creditCard, city, state, extra] = names.map(
    one => new TextWriter(one, rows, one === 'extra' ? AVERAGE_BYTES : 20),
  )
  const texts = [name, emailAddress, creditCard, city, state]
  for (const event of events) {
    chance.start(event)
    id.push(lastPerson(event) + FIRST_PERSON)
    for (const part of [oneOf(chance, firstNames), space, oneOf(chance, lastNames)]) name.put(part)
    emailAddress.words(chance, 7)
    emailAddress.put(at)
    emailAddress.words(chance, 5)
    emailAddress.put(dotCom)
    creditCard.put(Buffer.from(Array.from({ length: 4 }, () => fourDigits(chance)).join(' ')))
    city.put(oneOf(chance, cities))
    state.put(oneOf(chance, states))
    dateTime.push(timeOf(event, options))
    const size = texts.reduce((sum, text) => sum + text.end(), FIXED_BYTES)
    extra.fill(chance, size, AVERAGE_BYTES)
    extra.end()
  }
  return { rows, columns: [id, ...texts, dateTime, extra].map(one => one.done()) }
}

const fourDigits = (chance: Chance): string => String(chance.below(10_000)).padStart(4, '0')
