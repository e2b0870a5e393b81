/* Windows made of panes: a ring of them, each with an index and dense entries; those of a window are combined at its end. */
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct {
  int32_t slide, per_window, panes, room, lag, sums;
} Shape;

typedef struct {
  const Shape *shape;
  const int64_t *at;
  const int32_t *at_words, *key;
  const int64_t *amount;
  /* Latest time, watermark, end of the window that closes next. */
  double *clock, *starts;
  int32_t *used, *lasts, *shifts, *index, *keys, *counts;
  int64_t *sums;
  int32_t *refused;
  double *result_start;
  int32_t *result_key, *result_count;
  int64_t *result_sum;
  int32_t *out;
} Buffers;

static inline uint32_t home(int32_t key, int32_t shift) { return (uint32_t)key * 0x9e3779b1u >> shift; }

static void place(Buffers *b, int pane, int32_t entry) {
  int32_t *index = b->index + (size_t)pane * 2 * b->shape->room;
  uint32_t last = b->lasts[pane], slot = home(b->keys[entry], b->shifts[pane]);
  while (index[slot]) slot = (slot + 1) & last;
  index[slot] = entry + 1;
}

static int32_t add(Buffers *b, int pane, int32_t key) {
  int32_t first = pane * b->shape->room, entry = first + b->used[pane]++;
  b->keys[entry] = key;
  b->counts[entry] = 0;
  b->sums[entry] = 0;
  if (b->used[pane] * 2 <= b->lasts[pane]) place(b, pane, entry);
  else {
    b->lasts[pane] = 2 * b->lasts[pane] + 1;
    b->shifts[pane]--;
    memset(b->index + (size_t)first * 2, 0, 4 * ((size_t)b->lasts[pane] + 1));
    for (int32_t one = 0; one < b->used[pane]; one++) place(b, pane, first + one);
  }
  return entry;
}

static inline int32_t entry_of(Buffers *b, int pane, int32_t key) {
  int32_t *index = b->index + (size_t)pane * 2 * b->shape->room;
  uint32_t last = b->lasts[pane], slot = home(key, b->shifts[pane]);
  for (;;) {
    int32_t tag = index[slot];
    if (!tag) return add(b, pane, key);
    if (b->keys[tag - 1] == key) return tag - 1;
    slot = (slot + 1) & last;
  }
}

static void clear(Buffers *b, int pane) {
  memset(b->index + (size_t)pane * 2 * b->shape->room, 0, 4 * ((size_t)b->lasts[pane] + 1));
  b->used[pane] = 0;
}

static void emit(Buffers *b, int pane, double start) {
  int32_t n = b->out[0], first = pane * b->shape->room;
  for (int32_t entry = first; entry < first + b->used[pane]; entry++, n++) {
    b->result_start[n] = start;
    b->result_key[n] = b->keys[entry];
    b->result_count[n] = b->counts[entry];
    b->result_sum[n] = b->sums[entry];
  }
  b->out[0] = n;
}

static void merge(Buffers *b, int pane) {
  int32_t first = pane * b->shape->room, into = b->shape->panes;
  for (int32_t entry = first; entry < first + b->used[pane]; entry++) {
    int32_t merged = entry_of(b, into, b->keys[entry]);
    b->counts[merged] += b->counts[entry];
    b->sums[merged] += b->sums[entry];
  }
}

static int pane_at(Buffers *b, double start) {
  return (int64_t)(start / b->shape->slide) % b->shape->panes;
}

/* Closes one window, and forgets its first pane, which no other needs. */
static void close_window(Buffers *b, double start) {
  int per_window = b->shape->per_window, first = pane_at(b, start), into = b->shape->panes;
  if (per_window == 1) emit(b, first, start);
  else {
    for (int n = 0; n < per_window; n++) {
      double at = start + (double)n * b->shape->slide;
      int pane = pane_at(b, at);
      if (b->starts[pane] == at) merge(b, pane);
    }
    emit(b, into, start);
    clear(b, into);
  }
  if (b->starts[first] == start) {
    clear(b, first);
    b->starts[first] = -1;
  }
}

static double first_end(Buffers *b) {
  double earliest = INFINITY;
  for (int pane = 0; pane < b->shape->panes; pane++)
    if (b->starts[pane] >= 0) earliest = fmin(earliest, b->starts[pane]);
  return earliest + b->shape->slide;
}

static void close_windows(Buffers *b, double time) {
  double size = (double)b->shape->slide * b->shape->per_window;
  while (b->clock[2] <= time) {
    close_window(b, b->clock[2] - size);
    b->clock[2] = fmax(b->clock[2] + b->shape->slide, first_end(b));
  }
}

static int open_pane(Buffers *b, double start, double latest) {
  int pane = pane_at(b, start);
  if (b->starts[pane] == start) return pane;
  if (b->starts[pane] >= 0) close_windows(b, latest - b->shape->lag);
  b->starts[pane] = start;
  b->clock[2] = fmin(b->clock[2], start + b->shape->slide);
  return pane;
}

static inline __attribute__((always_inline)) void take(Buffers *b, int32_t from, int32_t to, int sums) {
  int64_t slide = b->shape->slide, size = slide * b->shape->per_window, lag = b->shape->lag;
  double latest = b->clock[0], watermark = b->clock[1];
  int64_t start = 0, end = 0;
  int pane = 0;
  for (int32_t i = from; i < to; i++) {
    int64_t time = b->at[i];
    if (!(time >= start && time < end)) {
      start = time / slide * slide;
      end = start + slide;
      if (start + size > watermark) pane = open_pane(b, start, time);
    }
    if (start + size > watermark) {
      int32_t entry = entry_of(b, pane, b->key[i]);
      int64_t sum = 0;
      if (sums && __builtin_add_overflow(b->sums[entry], b->amount[i], &sum)) b->refused[1]++;
      else {
        b->counts[entry]++;
        if (sums) b->sums[entry] = sum;
      }
    } else b->refused[0]++;
    if (time > latest) {
      latest = time;
      watermark = time - lag;
      if (watermark >= b->clock[2]) {
        close_windows(b, watermark);
        end = 0;
      }
    }
  }
  b->clock[0] = latest;
  b->clock[1] = watermark;
}

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  if (b->shape->sums) take(b, from, to, 1);
  else take(b, from, to, 0);
}

void end(void **buffers) {
  Buffers *b = (Buffers *)buffers;
  double size = (double)b->shape->slide * b->shape->per_window;
  for (double start = b->clock[2]; first_end(b) < INFINITY; start += b->shape->slide) close_window(b, start - size);
  b->clock[0] = b->clock[1] = -INFINITY;
  b->clock[2] = INFINITY;
}
