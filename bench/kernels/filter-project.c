/* filter and project: every product is written, the place moves on where the row is wanted. */
#include <stdint.h>

void run(void **buffers, int32_t from, int32_t to) {
  const double *restrict price = buffers[0];
  const int32_t *restrict quantity = buffers[1];
  double *restrict total = buffers[2];
  double *restrict euros = buffers[3];
  int32_t *restrict out = buffers[4];
  int32_t j = 0;
  for (int32_t i = from; i < to; i++) {
    double product = price[i] * quantity[i];
    total[j] = product;
    euros[j] = product * 0.908;
    j += (price[i] > 500) & (quantity[i] < 50);
  }
  out[0] = j;
}

void end(void **buffers) { (void)buffers; }
