/* A watermark for each partition, and the least of them: looked for where the one that had it has moved on. */
#include <stdint.h>
#include <string.h>

enum { BITS = 8, LAST = (1 << BITS) - 1 };

typedef struct {
  const int64_t *at;
  const int32_t *at_words;
  const int32_t *device;
  const double *lag;
  /* Watermark, rows. */
  double *clock;
  int32_t *index, *keys;
  double *marks;
  /* Partitions there are; the one that is the furthest behind. */
  int32_t *state;
  double *result_count;
  int32_t *out;
} Buffers;

static inline int32_t part_of(Buffers *b, int32_t key) {
  uint32_t slot = (uint32_t)key * 0x9e3779b1u >> (32 - BITS);
  for (;;) {
    int32_t tag = b->index[slot];
    if (!tag) {
      int32_t made = b->state[0]++;
      b->keys[made] = key;
      b->marks[made] = 0;
      b->index[slot] = made + 1;
      b->state[1] = made;
      return made;
    }
    if (b->keys[tag - 1] == key) return tag - 1;
    slot = (slot + 1) & LAST;
  }
}

static void meet(Buffers *b) {
  int32_t least = 0;
  for (int32_t i = 1; i < b->state[0]; i++)
    if (b->marks[i] < b->marks[least]) least = i;
  b->state[1] = least;
  if (b->marks[least] > b->clock[0]) b->clock[0] = b->marks[least];
}

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  double lag = b->lag[0];
  for (int32_t i = from; i < to; i++) {
    b->clock[1]++;
    int32_t part = part_of(b, b->device[i]);
    double moved = b->at[i] - lag;
    if (moved <= b->marks[part]) continue;
    b->marks[part] = moved;
    if (part == b->state[1]) meet(b);
  }
}

void end(void **buffers) {
  Buffers *b = (Buffers *)buffers;
  b->result_count[0] = b->clock[1];
  b->out[0] = 1;
  memset(b->index, 0, 4 << BITS);
  memset(b->clock, 0, 2 * sizeof *b->clock);
  b->state[0] = 0;
  b->state[1] = -1;
}
