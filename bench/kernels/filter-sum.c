/* filter and sum with nulls: eight rows share a byte of validity, and each adds to a lane of its own. */
#include <stdint.h>
#include <string.h>

/* Without branches, so that the compiler may take all eight at once. */
static inline void take(double price, double amount, unsigned price_valid, unsigned amount_valid, double *sum,
                        int64_t *rows, int64_t *values) {
  int64_t wanted = price_valid & (price > 500);
  int64_t added = amount_valid & wanted;
  union { double value; int64_t bits; } chosen = {.value = amount};
  chosen.bits &= -added;
  *rows += wanted;
  *values += added;
  *sum += chosen.value;
}

void run(void **buffers, int32_t from, int32_t to) {
  const double *restrict price = buffers[0];
  const uint8_t *restrict price_valid = buffers[1];
  const double *restrict amount = buffers[2];
  const uint8_t *restrict amount_valid = buffers[3];
  double *restrict lanes = buffers[4];
  double *restrict counts = buffers[5];
  double sum[8];
  int64_t rows[8] = {0}, values[8] = {0};
  memcpy(sum, lanes, sizeof sum);
  int32_t i = from;
  for (; i + 8 <= to; i += 8) {
    unsigned p = price_valid[i >> 3], a = amount_valid[i >> 3];
    for (int k = 0; k < 8; k++)
      take(price[i + k], amount[i + k], p >> k & 1, a >> k & 1, &sum[k], &rows[k], &values[k]);
  }
  for (; i < to; i++) {
    int k = i & 7;
    take(price[i], amount[i], price_valid[i >> 3] >> k & 1, amount_valid[i >> 3] >> k & 1, &sum[k], &rows[k],
         &values[k]);
  }
  memcpy(lanes, sum, sizeof sum);
  for (int k = 0; k < 8; k++) {
    counts[0] += rows[k];
    counts[1] += values[k];
  }
}

void end(void **buffers) {
  double *lanes = buffers[4], *counts = buffers[5], *result = buffers[7];
  int32_t *out = buffers[8];
  result[0] = counts[0];
  result[1] = 0;
  for (int lane = 0; lane < 8; lane++) result[1] += lanes[lane];
  result[2] = counts[1];
  out[0] = 1;
  memset(lanes, 0, 8 * sizeof *lanes);
  memset(counts, 0, 2 * sizeof *counts);
}
