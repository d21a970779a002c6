/* Calls a library's C interface batch by batch, so that no interpreter's time is counted. Interfaces as in LightGBM's c_api.h, XGBoost's
   c_api.h, lleaves' compiled function and TL2cgen's generated header.h. Each function returns 0, or the library's error. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { FLOAT32 = 0, FLOAT64 = 1, ROW_MAJOR = 1, RAW_SCORE = 1 };

typedef int lightgbm_row_fn(void *config, const void *row, int64_t *length, double *out);
typedef int lightgbm_rows_fn(void *model, const void *rows, int type, int32_t count, int32_t width, int row_major, int kind,
                             int start, int iterations, const char *parameters, int64_t *length, double *out);

int lightgbm_row(lightgbm_row_fn *predict, void *config, const double *rows, int64_t count, int64_t width, double *out) {
    int64_t length;
    for (int64_t row = 0; row < count; row++) {
        int error = predict(config, rows + row * width, &length, out + row);
        if (error) return error;
    }
    return 0;
}

int lightgbm_rows(lightgbm_rows_fn *predict, void *model, const double *rows, int64_t count, int64_t width, int64_t batch, double *out) {
    int64_t length;
    for (int64_t row = 0; row + batch <= count; row += batch) {
        int error = predict(model, rows + row * width, FLOAT64, (int32_t)batch, (int32_t)width, ROW_MAJOR, RAW_SCORE, 0, -1,
                            "num_threads=1", &length, out + row);
        if (error) return error;
    }
    return 0;
}

typedef int inplace_fn(void *model, const char *values, const char *config, void *proxy, const uint64_t **shape, const uint64_t *dim,
                       const float **result);
typedef int matrix_fn(const char *values, const char *config, void **matrix);
typedef int free_fn(void *matrix);
typedef int matrix_predict_fn(void *model, void *matrix, const char *config, const uint64_t **shape, const uint64_t *dim,
                              const float **result);

static const char *PREDICT = "{\"type\":1,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false,"
                             "\"cache_id\":0,\"missing\":NaN}";

static void interface(char *json, size_t room, const float *rows, int64_t count, int64_t width) {
    snprintf(json, room, "{\"data\":[%llu,true],\"shape\":[%lld,%lld],\"typestr\":\"<f4\",\"version\":3}",
             (unsigned long long)(uintptr_t)rows, (long long)count, (long long)width);
}

int xgboost_inplace(inplace_fn *predict, void *model, const float *rows, int64_t count, int64_t width, int64_t batch, double *out) {
    const uint64_t *shape;
    uint64_t dim;
    const float *result;
    char json[160];
    for (int64_t row = 0; row + batch <= count; row += batch) {
        interface(json, sizeof json, rows + row * width, batch, width);
        int error = predict(model, json, PREDICT, NULL, &shape, &dim, &result);
        if (error) return error;
        for (int64_t at = 0; at < batch; at++) out[row + at] = result[at];
    }
    return 0;
}

int xgboost_matrix(matrix_fn *create, matrix_predict_fn *predict, free_fn *destroy, void *model, const float *rows, int64_t count,
                   int64_t width, int64_t batch, double *out) {
    const uint64_t *shape;
    uint64_t dim;
    const float *result;
    char json[160];
    for (int64_t row = 0; row + batch <= count; row += batch) {
        void *matrix;
        interface(json, sizeof json, rows + row * width, batch, width);
        int error = create(json, "{\"missing\":NaN,\"nthread\":1}", &matrix);
        if (error) return error;
        error = predict(model, matrix, PREDICT, &shape, &dim, &result);
        if (error) return error;
        for (int64_t at = 0; at < batch; at++) out[row + at] = result[at];
        destroy(matrix);
    }
    return 0;
}

typedef void lleaves_fn(const double *rows, double *out, int32_t start, int32_t end);

int lleaves(lleaves_fn *predict, const double *rows, int64_t count, int64_t width, int64_t batch, double *out) {
    for (int64_t row = 0; row + batch <= count; row += batch) predict(rows + row * width, out + row, 0, (int32_t)batch);
    return 0;
}

union entry64 {
    int missing;
    double value;
};
union entry32 {
    int missing;
    float value;
};
enum { WIDTH_MAX = 1024 };

typedef void tl2cgen64_fn(union entry64 *row, int margin, double *out);
typedef void tl2cgen32_fn(union entry32 *row, int margin, float *out);

/* Row by row, as its own predictor does within a batch: what is missing is marked by -1, of which no number has the bits. */
int tl2cgen64(tl2cgen64_fn *predict, const double *rows, int64_t count, int64_t width, double *out) {
    union entry64 entries[WIDTH_MAX];
    for (int64_t row = 0; row < count; row++) {
        for (int64_t at = 0; at < width; at++) {
            entries[at].value = rows[row * width + at];
            if (isnan(entries[at].value)) entries[at].missing = -1;
        }
        out[row] = 0;
        predict(entries, 1, out + row);
    }
    return 0;
}

int tl2cgen32(tl2cgen32_fn *predict, const float *rows, int64_t count, int64_t width, double *out) {
    union entry32 entries[WIDTH_MAX];
    for (int64_t row = 0; row < count; row++) {
        for (int64_t at = 0; at < width; at++) {
            entries[at].value = rows[row * width + at];
            if (isnan(entries[at].value)) entries[at].missing = -1;
        }
        float sum = 0;
        predict(entries, 1, &sum);
        out[row] = sum;
    }
    return 0;
}
