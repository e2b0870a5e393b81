/* count and sum by key in tumbling windows: a ring of panes, each with an index and dense entries of its own. */
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { PANES = 8, ROOM = 4096, SIZE = 10000, LAG = 1000 };

typedef struct {
  const int64_t *at;
  const int32_t *at_words, *key;
  const int64_t *amount;
  double *clock, *starts;
  int32_t *used, *lasts, *index, *keys;
  double *counts;
  int64_t *sums;
  int32_t *refused;
  double *result_start;
  int32_t *result_key;
  double *result_count;
  int64_t *result_sum;
  int32_t *out;
} Buffers;

static inline uint32_t home(int32_t key) { return (uint32_t)key * 0x9e3779b1u >> 16; }

static void place(Buffers *b, int pane, int32_t entry) {
  int32_t *index = b->index + pane * 2 * ROOM;
  uint32_t last = b->lasts[pane], slot = home(b->keys[pane * ROOM + entry]) & last;
  while (index[slot]) slot = (slot + 1) & last;
  index[slot] = entry + 1;
}

static int32_t add(Buffers *b, int pane, int32_t key) {
  int32_t entry = b->used[pane]++;
  b->keys[pane * ROOM + entry] = key;
  b->counts[pane * ROOM + entry] = 0;
  b->sums[pane * ROOM + entry] = 0;
  if (b->used[pane] * 2 <= b->lasts[pane]) place(b, pane, entry);
  else {
    b->lasts[pane] = 2 * b->lasts[pane] + 1;
    memset(b->index + pane * 2 * ROOM, 0, 4 * ((size_t)b->lasts[pane] + 1));
    for (int32_t one = 0; one < b->used[pane]; one++) place(b, pane, one);
  }
  return pane * ROOM + entry;
}

static void emit(Buffers *b, int pane) {
  int32_t n = b->out[0], first = pane * ROOM;
  for (int32_t entry = 0; entry < b->used[pane]; entry++, n++) {
    b->result_start[n] = b->starts[pane];
    b->result_key[n] = b->keys[first + entry];
    b->result_count[n] = b->counts[first + entry];
    b->result_sum[n] = b->sums[first + entry];
  }
  b->out[0] = n;
  memset(b->index + first * 2, 0, 4 * ((size_t)b->lasts[pane] + 1));
  b->used[pane] = 0;
  b->starts[pane] = -1;
}

/* Closes the windows that end by a time, the earliest first. */
static void close_windows(Buffers *b, double time) {
  for (;;) {
    int earliest = -1;
    for (int pane = 0; pane < PANES; pane++)
      if (b->starts[pane] >= 0 && (earliest < 0 || b->starts[pane] < b->starts[earliest])) earliest = pane;
    b->clock[2] = earliest < 0 ? INFINITY : b->starts[earliest] + SIZE;
    if (b->clock[2] > time) return;
    emit(b, earliest);
  }
}

static int open_window(Buffers *b, int64_t start, int64_t latest) {
  int pane = start / SIZE % PANES;
  if (b->starts[pane] == start) return pane;
  if (b->starts[pane] >= 0) close_windows(b, latest - LAG);
  b->starts[pane] = start;
  b->clock[2] = fmin(b->clock[2], start + SIZE);
  return pane;
}

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  double latest = b->clock[0], watermark = b->clock[1];
  int64_t start = 0, end = 0;
  int pane = 0;
  for (int32_t i = from; i < to; i++) {
    int64_t time = b->at[i];
    if (!(time >= start && time < end)) {
      start = time / SIZE * SIZE;
      end = start + SIZE;
      if (end > watermark) pane = open_window(b, start, time);
    }
    if (end > watermark) {
      int32_t key = b->key[i], *index = b->index + pane * 2 * ROOM, entry;
      uint32_t last = b->lasts[pane], slot = home(key) & last;
      for (;;) {
        int32_t tag = index[slot];
        if (!tag) {
          entry = add(b, pane, key);
          break;
        }
        entry = pane * ROOM + tag - 1;
        if (b->keys[entry] == key) break;
        slot = (slot + 1) & last;
      }
      int64_t sum;
      if (__builtin_add_overflow(b->sums[entry], b->amount[i], &sum)) b->refused[1]++;
      else {
        b->counts[entry] += 1;
        b->sums[entry] = sum;
      }
    } else b->refused[0]++;
    if (time > latest) {
      latest = time;
      watermark = time - LAG;
      if (watermark >= b->clock[2]) {
        close_windows(b, watermark);
        end = 0;
      }
    }
  }
  b->clock[0] = latest;
  b->clock[1] = watermark;
}

void end(void **buffers) {
  Buffers *b = (Buffers *)buffers;
  close_windows(b, 1e300);
  b->clock[0] = b->clock[1] = -INFINITY;
}
