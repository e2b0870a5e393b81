/* Rows are counted, and the watermark follows the latest of them. */
#include <stdint.h>
#include <string.h>

typedef struct {
  const int64_t *at;
  const int32_t *at_words;
  const double *lag;
  /* Latest time, watermark, rows. */
  double *clock;
  double *result_count;
  int32_t *out;
} Buffers;

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  double lag = b->lag[0];
  for (int32_t i = from; i < to; i++) {
    b->clock[2]++;
    double at = b->at[i];
    if (at <= b->clock[0]) continue;
    b->clock[0] = at;
    if (at - lag > b->clock[1]) b->clock[1] = at - lag;
  }
}

void end(void **buffers) {
  Buffers *b = (Buffers *)buffers;
  b->result_count[0] = b->clock[2];
  b->out[0] = 1;
  memset(b->clock, 0, 3 * sizeof *b->clock);
}
