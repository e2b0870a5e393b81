/* Windows of rows by key: of each key a ring of panes, all of which are added up when one of them is full. */
#include <stdint.h>
#include <string.h>

enum { BITS = 11, LAST = (1 << BITS) - 1, KEYS = 1024 };

typedef struct {
  /* Rows of a pane, panes of a window. */
  const int32_t *shape;
  const int32_t *key;
  const int64_t *amount;
  int32_t *index, *keys, *numbers, *at, *counts;
  int64_t *sums;
  /* Keys there are; rows that would have overflowed. */
  int32_t *state;
  int32_t *result_number, *result_key, *result_count;
  int64_t *result_sum;
  int32_t *out;
} Buffers;

static inline int32_t key_of(Buffers *b, int32_t key) {
  uint32_t slot = (uint32_t)key * 0x9e3779b1u >> (32 - BITS);
  for (;;) {
    int32_t tag = b->index[slot];
    if (!tag) {
      int32_t made = b->state[0]++;
      b->keys[made] = key;
      b->index[slot] = made + 1;
      return made;
    }
    if (b->keys[tag - 1] == key) return tag - 1;
    slot = (slot + 1) & LAST;
  }
}

static void fire(Buffers *b, int32_t owner) {
  int32_t panes = b->shape[1], n = b->out[0]++, rows = 0;
  int64_t total = 0;
  for (int32_t pane = owner * panes; pane < (owner + 1) * panes; pane++) {
    rows += b->counts[pane];
    total += b->sums[pane];
  }
  b->result_number[n] = b->numbers[owner]++;
  b->result_key[n] = b->keys[owner];
  b->result_count[n] = rows;
  b->result_sum[n] = total;
}

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  int32_t slide = b->shape[0], panes = b->shape[1];
  for (int32_t i = from; i < to; i++) {
    int32_t owner = key_of(b, b->key[i]), pane = owner * panes + b->at[owner];
    int64_t sum;
    if (__builtin_add_overflow(b->sums[pane], b->amount[i], &sum)) {
      b->state[1]++;
      continue;
    }
    b->sums[pane] = sum;
    if (++b->counts[pane] != slide) continue;
    fire(b, owner);
    b->at[owner] = b->at[owner] + 1 == panes ? 0 : b->at[owner] + 1;
    b->counts[owner * panes + b->at[owner]] = 0;
    b->sums[owner * panes + b->at[owner]] = 0;
  }
}

void end(void **buffers) {
  Buffers *b = (Buffers *)buffers;
  int32_t panes = b->shape[1];
  for (int32_t owner = 0; owner < b->state[0]; owner++)
    if (b->counts[owner * panes + b->at[owner]] > 0) fire(b, owner);
  memset(b->index, 0, 4 << BITS);
  memset(b->numbers, 0, 4 * KEYS);
  memset(b->at, 0, 4 * KEYS);
  memset(b->counts, 0, 4 * (size_t)KEYS * panes);
  memset(b->sums, 0, 8 * (size_t)KEYS * panes);
  b->state[0] = 0;
}
