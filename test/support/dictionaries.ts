/** Batches whose texts are dictionary-encoded. */
import {
  Schema as ArrowSchema,
  DataType,
  Dictionary,
  Field,
  Int32,
  makeData,
  RecordBatch,
  Struct,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'

/** The same batch with every text column dictionary-encoded. */
export function encodeTexts(batch: RecordBatch): RecordBatch {
  const columns = batch.schema.fields.map(({ name, type, nullable }, i) => {
    const column = encoded(type, new Vector([batch.data.children[i]]))
    return { field: new Field(name, column.type, nullable), data: column.data[0] }
  })
  const data = makeData({
    type: new Struct(columns.map(({ field }) => field)),
    length: batch.numRows,
    nullCount: 0,
    children: columns.map(column => column.data),
  })
  return new RecordBatch(new ArrowSchema(data.type.children), data)
}

const encoded = (type: DataType, column: Vector): Vector =>
  DataType.isUtf8(type) ? vectorFromArray([...column], new Dictionary(new Utf8(), new Int32())) : column
