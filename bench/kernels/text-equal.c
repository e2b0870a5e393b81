/* equality of text: a comparison of twelve bytes where the length is right. */
#include <stdint.h>
#include <string.h>

void run(void **buffers, int32_t from, int32_t to) {
  const uint8_t *restrict bytes = buffers[0];
  const int32_t *restrict offsets = buffers[1];
  const int64_t *restrict millis = buffers[2];
  int64_t *restrict sum = buffers[3];
  double *restrict count = buffers[4];
  int64_t total = sum[0], rows = 0;
  for (int32_t i = from; i < to; i++) {
    int32_t at = offsets[i];
    if (offsets[i + 1] - at != 12 || memcmp(bytes + at, "channel-4711", 12)) continue;
    int64_t next;
    if (__builtin_add_overflow(total, millis[i], &next)) sum[1]++;
    else {
      total = next;
      rows++;
    }
  }
  sum[0] = total;
  count[0] += rows;
}

void end(void **buffers) {
  int64_t *sum = buffers[3], *result_sum = buffers[5];
  double *count = buffers[4], *result_count = buffers[6];
  int32_t *out = buffers[7];
  result_sum[0] = sum[0];
  result_count[0] = count[0];
  out[0] = count[0] > 0;
  sum[0] = sum[1] = 0;
  count[0] = 0;
}
