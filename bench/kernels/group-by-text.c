/* group by text: an index of hashes, dense entries, and a heap of texts filled up to whole words. */
#include <stdint.h>
#include <string.h>

typedef struct {
  int32_t hash, tag;
} Slot;

typedef struct {
  int32_t hash, length, text;
} Entry;

typedef struct {
  const uint8_t *bytes;
  const int32_t *offsets;
  const double *value;
  Slot *index;
  Entry *entries;
  double *counts, *sums;
  int32_t *heap;
  uint8_t *heap_bytes;
  struct {
    int32_t used, last, words;
  } *head;
  int32_t *out;
} Buffers;

static inline int32_t word_at(const uint8_t *bytes) {
  int32_t word;
  memcpy(&word, bytes, 4);
  return word;
}

static inline uint32_t mix(uint32_t hash, int32_t word) {
  hash = (hash ^ (uint32_t)word) * 0x9e3779b1u;
  return hash ^ hash >> 15;
}

static void enter(Buffers *b, int32_t entry) {
  uint32_t last = b->head->last, slot = b->entries[entry].hash & last;
  while (b->index[slot].tag) slot = (slot + 1) & last;
  b->index[slot] = (Slot){b->entries[entry].hash, entry + 1};
}

static void grow(Buffers *b) {
  b->head->last = 2 * b->head->last + 1;
  memset(b->index, 0, sizeof(Slot) * ((size_t)b->head->last + 1));
  for (int32_t entry = 0; entry < b->head->used; entry++) enter(b, entry);
}

static int32_t add(Buffers *b, int32_t hash, const uint8_t *text, int32_t length) {
  if (b->head->used * 2 > b->head->last) grow(b);
  int32_t entry = b->head->used++, words = (length + 3) >> 2;
  b->entries[entry] = (Entry){hash, length, b->head->words};
  enter(b, entry);
  memset(b->heap + b->head->words, 0, 4 * (size_t)words);
  memcpy(b->heap + b->head->words, text, length);
  b->head->words += words;
  b->counts[entry] = b->sums[entry] = 0;
  return entry;
}

static inline int same(const int32_t *known, const uint8_t *text, int32_t whole, int32_t rest) {
  for (int32_t word = 0; word < whole; word++)
    if (known[word] != word_at(text + 4 * word)) return 0;
  return !rest || known[whole] == (word_at(text + 4 * whole) & rest);
}

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  for (int32_t i = from; i < to; i++) {
    const uint8_t *text = b->bytes + b->offsets[i];
    int32_t length = b->offsets[i + 1] - b->offsets[i], whole = length >> 2;
    int32_t rest = (1 << ((length & 3) << 3)) - 1;
    uint32_t hash = length;
    for (int32_t word = 0; word < whole; word++) hash = mix(hash, word_at(text + 4 * word));
    if (rest) hash = mix(hash, word_at(text + 4 * whole) & rest);
    uint32_t last = b->head->last, slot = hash & last;
    int32_t entry;
    for (;;) {
      int32_t tag = b->index[slot].tag;
      if (!tag) {
        entry = add(b, hash, text, length);
        break;
      }
      entry = tag - 1;
      const Entry *known = b->entries + entry;
      if (b->index[slot].hash == (int32_t)hash && known->length == length &&
          same(b->heap + known->text, text, whole, rest))
        break;
      slot = (slot + 1) & last;
    }
    b->counts[entry] += 1;
    b->sums[entry] += b->value[i];
  }
}

void end(void **buffers) {
  Buffers *b = (Buffers *)buffers;
  b->out[0] = b->head->used;
  memset(b->index, 0, sizeof(Slot) * ((size_t)b->head->last + 1));
  b->head->used = b->head->words = 0;
}
