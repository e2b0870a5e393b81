/* The latest row of each key, told as updates. */
#include <stdint.h>

enum { BITS = 15, LAST = (1 << BITS) - 1 };

typedef struct {
  const int64_t *at;
  const int32_t *at_words;
  const int32_t *key;
  const int64_t *amount;
  int32_t *index, *keys;
  double *latest;
  int64_t *kept_at, *kept_amount;
  /* Keys there are. */
  int32_t *state;
  int64_t *result_at;
  int32_t *result_key;
  int64_t *result_amount;
  int32_t *result_op;
  int32_t *out;
} Buffers;

static void tell(Buffers *b, int32_t owner, int32_t op) {
  int32_t n = b->out[0]++;
  b->result_at[n] = b->kept_at[owner];
  b->result_key[n] = b->keys[owner];
  b->result_amount[n] = b->kept_amount[owner];
  b->result_op[n] = op;
}

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  for (int32_t i = from; i < to; i++) {
    int32_t key = b->key[i], owner = -1, op = 3;
    int64_t at = b->at[i];
    uint32_t slot = (uint32_t)key * 0x9e3779b1u >> (32 - BITS);
    for (; b->index[slot]; slot = (slot + 1) & LAST)
      if (b->keys[b->index[slot] - 1] == key) {
        owner = b->index[slot] - 1;
        break;
      }
    if (owner >= 0) {
      if (at <= b->kept_at[owner]) continue;
      tell(b, owner, 2);
    } else {
      owner = b->state[0]++;
      b->keys[owner] = key;
      b->index[slot] = owner + 1;
      op = 0;
    }
    b->kept_at[owner] = at;
    b->kept_amount[owner] = b->amount[i];
    tell(b, owner, op);
  }
}

void end(void **buffers) {}
