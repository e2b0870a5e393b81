/* The first row of a key within a time: of each key there is when it was let through last. */
#include <stdint.h>
#include <string.h>

enum { BITS = 15, LAST = (1 << BITS) - 1 };

typedef struct {
  const int64_t *at;
  const int32_t *at_words;
  const int32_t *key;
  const int64_t *amount;
  const double *within;
  int32_t *index, *keys;
  double *kept;
  /* Keys there are. */
  int32_t *state;
  int64_t *result_at;
  int32_t *result_key;
  int64_t *result_amount;
  int32_t *out;
} Buffers;

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  double within = b->within[0];
  for (int32_t i = from; i < to; i++) {
    int32_t key = b->key[i], owner = -1;
    int64_t at = b->at[i];
    uint32_t slot = (uint32_t)key * 0x9e3779b1u >> (32 - BITS);
    for (; b->index[slot]; slot = (slot + 1) & LAST)
      if (b->keys[b->index[slot] - 1] == key) {
        owner = b->index[slot] - 1;
        break;
      }
    if (owner >= 0) {
      double apart = at - b->kept[owner];
      if (apart < within && -apart < within) continue;
    } else {
      owner = b->state[0]++;
      b->keys[owner] = key;
      b->index[slot] = owner + 1;
    }
    b->kept[owner] = at;
    int32_t n = b->out[0]++;
    b->result_at[n] = at;
    b->result_key[n] = key;
    b->result_amount[n] = b->amount[i];
  }
}

void end(void **buffers) {
  Buffers *b = (Buffers *)buffers;
  memset(b->index, 0, 4 << BITS);
  b->state[0] = 0;
}
