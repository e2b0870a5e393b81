/* Sessions by key: of each key a list of those that are open, the latest first; those that are due leave with the batch. */
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { GAP = 2300, LAG = 1000, BITS = 11, LAST = (1 << BITS) - 1 };

typedef struct {
  const int64_t *at;
  const int32_t *at_words, *key;
  const int64_t *amount;
  /* Latest time, end of the session that closes next. */
  double *clock;
  int32_t *index, *keys, *heads;
  /* Of each session: first and last time, what comes behind it, rows and sum. */
  double *firsts, *lasts;
  int32_t *nexts, *counts;
  int64_t *sums;
  /* Keys there are, sessions ever made, first free one or -1; rows that would have overflowed. */
  int32_t *state;
  double *result_start, *result_end;
  int32_t *result_key, *result_count;
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
      b->heads[made] = -1;
      b->index[slot] = made + 1;
      return made;
    }
    if (b->keys[tag - 1] == key) return tag - 1;
    slot = (slot + 1) & LAST;
  }
}

static int32_t make(Buffers *b, double time) {
  int32_t made = b->state[2];
  if (made < 0) made = b->state[1]++;
  else b->state[2] = b->nexts[made];
  b->firsts[made] = b->lasts[made] = time;
  b->counts[made] = 0;
  b->sums[made] = 0;
  b->clock[1] = fmin(b->clock[1], time + GAP);
  return made;
}

static void drop(Buffers *b, int32_t one) {
  b->nexts[one] = b->state[2];
  b->state[2] = one;
}

/* Takes a session into the later one before it in the list. */
static void join(Buffers *b, int32_t later, int32_t earlier) {
  b->firsts[later] = b->firsts[earlier];
  b->counts[later] += b->counts[earlier];
  b->sums[later] += b->sums[earlier];
  b->nexts[later] = b->nexts[earlier];
  drop(b, earlier);
}

static int32_t session_of(Buffers *b, int32_t key, double time) {
  int32_t later = -1, one = b->heads[key];
  while (one >= 0 && time <= b->firsts[one] - GAP) {
    later = one;
    one = b->nexts[one];
  }
  if (one < 0 || time >= b->lasts[one] + GAP) {
    int32_t made = make(b, time);
    b->nexts[made] = one;
    if (later < 0) b->heads[key] = made;
    else b->nexts[later] = made;
    return made;
  }
  if (time < b->firsts[one]) {
    b->firsts[one] = time;
    int32_t earlier = b->nexts[one];
    if (earlier >= 0 && time < b->lasts[earlier] + GAP) join(b, one, earlier);
  } else if (time > b->lasts[one]) {
    b->lasts[one] = time;
    if (later >= 0 && b->firsts[later] < time + GAP) {
      join(b, later, one);
      return later;
    }
  }
  return one;
}

static void emit(Buffers *b, int32_t key, int32_t one) {
  int32_t n = b->out[0]++;
  b->result_start[n] = b->firsts[one];
  b->result_end[n] = b->lasts[one] + GAP;
  b->result_key[n] = b->keys[key];
  b->result_count[n] = b->counts[one];
  b->result_sum[n] = b->sums[one];
}

/* Every session that ends by a time leaves. */
static void close_sessions(Buffers *b, double time) {
  double earliest = INFINITY;
  for (int32_t key = 0; key < b->state[0]; key++) {
    int32_t before = -1;
    for (int32_t one = b->heads[key], next; one >= 0; one = next) {
      next = b->nexts[one];
      if (b->lasts[one] + GAP <= time) {
        emit(b, key, one);
        if (before < 0) b->heads[key] = next;
        else b->nexts[before] = next;
        drop(b, one);
      } else {
        before = one;
        earliest = fmin(earliest, b->lasts[one] + GAP);
      }
    }
  }
  b->clock[1] = earliest;
}

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  double latest = b->clock[0];
  for (int32_t i = from; i < to; i++) {
    double time = b->at[i];
    int32_t session = session_of(b, key_of(b, b->key[i]), time);
    int64_t sum;
    if (__builtin_add_overflow(b->sums[session], b->amount[i], &sum)) b->state[3]++;
    else {
      b->counts[session]++;
      b->sums[session] = sum;
    }
    if (time > latest) latest = time;
  }
  b->clock[0] = latest;
  if (b->clock[1] <= latest - LAG) close_sessions(b, latest - LAG);
}

void end(void **buffers) {
  Buffers *b = (Buffers *)buffers;
  close_sessions(b, INFINITY);
  memset(b->index, 0, 4 << BITS);
  b->state[0] = 0;
  b->clock[0] = -INFINITY;
}
