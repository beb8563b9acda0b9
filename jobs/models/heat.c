/*
 * Heat conduction in a rod whose ends are kept at zero degrees, as a WebAssembly model:
 *
 *     du/dt = diffusivity d2u/dx2,   u(x, 0) = sin(mode pi x / length)
 *
 * by the scheme of Crank & Nicolson (1947) Proc. Camb. Phil. Soc. 43, 50, one time step a step.
 * The exact solution decays by exp(-diffusivity (mode pi / length)^2 t).
 *
 * Build it with clang and lld 14 (Debian: apt install clang-14 lld-14):
 *
 *     clang-14 --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--strip-all -o heat.wasm heat.c
 */

#define EXPORT(name) __attribute__((export_name(name)))

/* A parameter of the manifest: its setter, and the getter that tells simrun its default. */
#define PARAMETER(name, value)                                          \
    static double name = value;                                         \
    EXPORT("set_" #name) void set_##name(double given) { name = given; } \
    EXPORT("get_" #name) double get_##name(void) { return name; }

/* A column of the measurement series. */
#define MEASUREMENT(name) EXPORT("get_" #name) double get_##name(void)

PARAMETER(diffusivity, 1.11e-4) /* m2/s; copper */
PARAMETER(length, 1.0)          /* m */
PARAMETER(mode, 1.0)            /* half waves along the rod, 1 to 128 */
PARAMETER(dt, 1.0)              /* s, the length of a step */

enum { CELLS = 256 };
static const double PI = 3.14159265358979323846;

static double u[CELLS + 1];     /* temperature at x = i length / CELLS */
static double shape[CELLS + 1]; /* the temperature at the start */
static double seconds;

/* Sine and cosine of a small angle by their Taylor series: a bare module has no C library. */
static void sine_cosine(double angle, double *sine, double *cosine) {
    double term = 1, s = 0, c = 0;
    for (int k = 0; k < 24; k += 2) {
        c += term;
        term *= angle / (k + 1);
        s += term;
        term *= -angle / (k + 2);
    }
    *sine = s;
    *cosine = c;
}

EXPORT("init") void init(void) {
    double s, c, sine = 0, cosine = 1;
    sine_cosine(mode * PI / CELLS, &s, &c);
    for (int i = 0; i < CELLS; i++) {
        u[i] = shape[i] = sine;
        double next = sine * c + cosine * s;
        cosine = cosine * c - sine * s;
        sine = next;
    }
    seconds = 0;
}

EXPORT("advance") void advance(int steps) {
    static double upper[CELLS], pivot[CELLS], right[CELLS];
    double dx = length / CELLS;
    double r = diffusivity * dt / (2 * dx * dx);
    upper[0] = right[0] = 0;
    for (int i = 1; i < CELLS; i++) {
        pivot[i] = 1 / (1 + 2 * r - r * upper[i - 1]);
        upper[i] = r * pivot[i];
    }
    for (int k = 0; k < steps; k++) {
        for (int i = 1; i < CELLS; i++) {
            double known = u[i] + r * (u[i - 1] - 2 * u[i] + u[i + 1]);
            right[i] = (known + r * right[i - 1]) * pivot[i];
        }
        for (int i = CELLS - 1; i > 0; i--) u[i] = right[i] + upper[i] * u[i + 1];
        seconds += dt;
    }
}

MEASUREMENT(time) { return seconds; } /* s */

/* What is left of the sine at the start, 1 to 0. */
MEASUREMENT(amplitude) {
    double left = 0, all = 0;
    for (int i = 1; i < CELLS; i++) {
        left += u[i] * shape[i];
        all += shape[i] * shape[i];
    }
    return left / all;
}

/* 0: go on; 1: converged, the rod is cold; 2: diverged. */
EXPORT("done") int done(void) {
    double left = get_amplitude();
    return left < 1e-12 && left > -1e-12 ? 1 : left < 1.000001 && left > -1.000001 ? 0 : 2;
}
