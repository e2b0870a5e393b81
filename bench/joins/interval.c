/*
 * Rows of two streams with the same key whose times are not too far apart. Each side is a ring of rows, chained by key from
 * the newest back; a link leads to a row that is there if its number is not below that of the oldest.
 */
#include <stdint.h>
#include <string.h>

enum { KEY_BITS = 15, KEY_LAST = (1 << KEY_BITS) - 1, RING_LAST = (1 << 17) - 1 };

typedef struct {
  const int64_t *at;
  const int32_t *left_key, *right_key;
  const int64_t *left_amount, *right_amount;
  /* How far apart, how far out of order. */
  const int64_t *within;
  int32_t *index, *keys, *newest, *oldest;
  int64_t *latest, *row_at, *row_amount;
  int32_t *row_before;
  int64_t *result_at, *result_left;
  int64_t *result_right;
  int32_t *result_key;
  int32_t *out;
} Buffers;

static int32_t find(Buffers *b, int32_t key) {
  uint32_t slot = (uint32_t)key * 0x9e3779b1u >> (32 - KEY_BITS);
  for (; b->index[slot]; slot = (slot + 1) & KEY_LAST)
    if (b->keys[b->index[slot] - 1] == key) return b->index[slot] - 1;
  int32_t n = b->oldest[4]++;
  b->keys[n] = key;
  b->newest[2 * n] = b->newest[2 * n + 1] = -1;
  b->index[slot] = n + 1;
  return n;
}

static inline void give(Buffers *b, int64_t at, int32_t key, int64_t left, int64_t right) {
  int32_t n = b->out[0]++;
  b->result_at[n] = at;
  b->result_key[n] = key;
  b->result_left[n] = left;
  b->result_right[n] = right;
}

static inline void take(Buffers *b, int side, int32_t i, int32_t key, int64_t amount) {
  int other = 1 - side, base = side * (RING_LAST + 1), far = other * (RING_LAST + 1);
  int64_t at = b->at[i], within = b->within[0];
  int32_t owner = find(b, key), gone = b->oldest[other];
  for (int32_t r = b->newest[2 * owner + other]; r >= gone; r = b->row_before[far + (r & RING_LAST)]) {
    int32_t p = far + (r & RING_LAST);
    int64_t apart = at - b->row_at[p];
    if (apart > within || -apart > within) continue;
    give(b, side ? b->row_at[p] : at, key, side ? b->row_amount[p] : amount, side ? amount : b->row_amount[p]);
  }
  int32_t r = b->oldest[2 + side]++, p = base + (r & RING_LAST);
  b->row_at[p] = at;
  b->row_amount[p] = amount;
  b->row_before[p] = b->newest[2 * owner + side];
  b->newest[2 * owner + side] = r;
  if (at > b->latest[side]) b->latest[side] = at;
  int64_t passed = b->latest[other] - b->within[1] - within;
  for (int n = 0; n < 4 && b->oldest[side] <= r && b->row_at[base + (b->oldest[side] & RING_LAST)] < passed; n++)
    b->oldest[side]++;
}

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  for (int32_t i = from; i < to; i++) take(b, 0, i, b->left_key[i], b->left_amount[i]);
  for (int32_t i = from; i < to; i++) take(b, 1, i, b->right_key[i], b->right_amount[i]);
}

void end(void **buffers) {
  Buffers *b = (Buffers *)buffers;
  memset(b->index, 0, 4 << KEY_BITS);
  memset(b->oldest, 0, 5 * sizeof(int32_t));
  b->latest[0] = b->latest[1] = 0;
}
