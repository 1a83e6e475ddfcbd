//! The log-gamma function with three derivatives (digamma, trigamma, tetragamma).

use super::polynomial;
use crate::family::simd::Arithmetic;

/// From here on the remainder is a polynomial in `x^-2`.
const LARGE: f64 = 5.0;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// `x^(i+1)` times the i-th derivative of the remainder, in `x^-2` for `x >= 5`: relative errors of 2e-16. Like the other
/// coefficients here they are least squares at Chebyshev nodes (validation/gamma_coefficients.py).
const LARGE_0: [f64; 8] = [
    0.083_333_333_333_333_33,
    -0.002_777_777_777_744_308,
    0.000_793_650_773_748_325_8,
    -0.000_595_233_830_455_856_2,
    0.000_841_305_330_684_632,
    -0.001_891_924_082_058_287,
    0.005_562_595_182_920_098,
    -0.013_326_818_501_258_648,
];
const LARGE_1: [f64; 9] = [
    -0.083_333_333_333_333_33,
    0.008_333_333_333_294_18,
    -0.003_968_253_938_829_784,
    0.004_166_658_580_299_242,
    -0.007_574_652_234_165_628,
    0.021_007_061_373_333_708,
    -0.079_315_027_501_085_6,
    0.326_300_912_595_541_17,
    -0.906_854_444_681_274_5,
];
const LARGE_2: [f64; 10] = [
    0.166_666_666_666_666_66,
    -0.033_333_333_333_264_94,
    0.023_809_523_748_154_02,
    -0.033_333_312_574_702_255,
    0.075_754_013_985_312_31,
    -0.252_758_759_138_698,
    1.144_641_943_438_95,
    -6.206_501_248_775_027_5,
    31.322_607_251_634_47,
    -93.641_697_883_812_84,
];
const LARGE_3: [f64; 11] = [
    -0.5,
    0.166_666_666_666_549_08,
    -0.166_666_666_521_987_3,
    0.299_999_937_591_765_9,
    -0.833_319_843_846_741_7,
    3.288_775_123_067_225_5,
    -17.364_300_789_279_838,
    113.386_666_054_678_49,
    -784.418_110_393_659_5,
    4_451.449_488_561_934,
    -13_715.655_106_444_732,
];

/// `log Gamma(1 + x) = x G_0(x) / G(x)` and its derivative `G_1(x) / G(x)` below 5: absolute errors of 1e-15. This is `G`.
const GAMMA_BELOW: [f64; 11] = [
    1.0,
    4.089_848_971_497_972,
    6.935_752_871_077_906,
    6.331_499_303_547_494,
    3.381_856_860_843_65,
    1.076_546_779_030_997,
    0.199_470_560_263_066_1,
    0.020_147_425_265_005_34,
    0.000_980_018_150_410_851_8,
    1.812_232_407_234_76e-5,
    7.146_857_856_598_636e-8,
];

/// `G_0`
const GAMMA_0: [f64; 11] = [
    -0.577_215_664_901_717_5,
    -1.538_257_859_995_598_7,
    -1.040_344_888_917_241,
    0.681_624_588_794_628_4,
    1.375_581_232_329_024_4,
    0.821_188_558_260_399_2,
    0.239_445_730_285_715_28,
    0.035_450_128_366_727_24,
    0.002_462_030_600_100_194_4,
    6.573_278_970_478_626e-5,
    4.123_882_445_236_229_4e-7,
];

/// `G_1`
const GAMMA_1: [f64; 12] = [
    -0.577_215_664_901_533,
    -0.715_790_826_581_786_7,
    1.522_049_793_247_534_3,
    3.920_307_641_239_639,
    3.515_279_333_470_284,
    1.613_901_076_749_152,
    0.403_810_888_825_441_75,
    0.053_492_107_066_534_685,
    0.003_392_677_608_850_964_6,
    8.358_262_834_771_742e-5,
    4.838_923_510_739_069e-7,
    -9.545_528_607_466_754e-13,
];

/// `sum_j (x + j)^-2`, `j = 1..4`, times the square of `(x + 1) .. (x + 4)`, in `x (x + 5)`.
const SQUARES: [f64; 4] = [820.0, 412.0, 70.0, 4.0];

/// `2 sum_j (x + j)^-3` times its cube, over `2 x + 5`.
const CUBES: [f64; 5] = [6_512.0, 4_040.0, 948.0, 100.0, 4.0];

/// `log Gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2` and its first three derivatives for
/// 1e-100 <= x <= 1e100, given `log x`: beside the largest term absolute errors of 2e-15 below 5, relative errors of 2e-15 above.
///
/// Below 5 the first two come of `log Gamma(1 + x)`, the others of those at `x + 5` by the recurrence.
#[inline(always)]
pub fn stirling_remainder<A: Arithmetic>(x: f64, log: f64) -> [f64; 4] {
    let small = x < LARGE;
    let (far, near) = if small { (x + LARGE, x) } else { (x, 1.0) };
    let y = near * (near + 5.0);
    let (outer, inner) = (y + 4.0, y + 6.0);
    let (factors, below) = (outer * inner, polynomial::<A, 11>(near, &GAMMA_BELOW));
    let (product, both) = (factors * below, far * near);
    let one = (both * product).recip();
    let (r, inverse, rest) = (one * (near * product), one * (far * product), one * both);
    let [s, s1, s2, s3] = series::<A>(r);
    let [g, g1] = ln_gamma_1p::<A>(near, rest * factors);
    let [squares, cubes] = sums::<A>(near, y, rest * below);
    let shifted = [
        A::mul_add(-(near + 0.5), log, g) + (near - HALF_LN_TAU),
        g1 - log - 0.5 * inverse,
        s2 + (squares + (r - inverse)) + 0.5 * A::mul_add(r, r, inverse * inverse),
        s3 - r * r * (1.0 + r) - cubes + inverse * inverse * (1.0 - inverse),
    ];
    let pick = |shifted: f64, series: f64| if small { shifted } else { series };
    [
        pick(shifted[0], s),
        pick(shifted[1], s1),
        pick(shifted[2], s2),
        pick(shifted[3], s3),
    ]
}

/// The remainder of a large number and its derivatives, from `r = 1 / x`.
#[inline(always)]
fn series<A: Arithmetic>(r: f64) -> [f64; 4] {
    let r2 = r * r;
    [
        r * polynomial::<A, 8>(r2, &LARGE_0),
        r2 * polynomial::<A, 9>(r2, &LARGE_1),
        r2 * r * polynomial::<A, 10>(r2, &LARGE_2),
        r2 * r2 * polynomial::<A, 11>(r2, &LARGE_3),
    ]
}

/// `log Gamma(1 + x)` and its derivative, given `1 / G(x)`.
#[inline(always)]
fn ln_gamma_1p<A: Arithmetic>(x: f64, below: f64) -> [f64; 2] {
    [
        x * polynomial::<A, 11>(x, &GAMMA_0) * below,
        polynomial::<A, 12>(x, &GAMMA_1) * below,
    ]
}

/// `sum_j (x + j)^-2` and `2 sum_j (x + j)^-3`, `j = 1..4`, given `y = x (x + 5)` and `1 / ((x + 1) .. (x + 4))`.
#[inline(always)]
fn sums<A: Arithmetic>(x: f64, y: f64, below: f64) -> [f64; 2] {
    let square = below * below;
    [
        polynomial::<A, 4>(y, &SQUARES) * square,
        polynomial::<A, 5>(y, &CUBES) * (square * below) * (x + x + 5.0),
    ]
}
