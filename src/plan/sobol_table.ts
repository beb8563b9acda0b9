/** Joe and Kuo's polynomials and initial direction numbers of Sobol's sequence, packed; unpacks those of a dimension. */

/*
 * The first 481 dimensions (every primitive polynomial up to degree 12) of the file new-joe-kuo-6.21201, from
 * S. Joe and F. Y. Kuo (2008) Constructing Sobol sequences with better two-dimensional projections,
 * SIAM J. Sci. Comput. 30, 2635; https://web.maths.unsw.edu.au/~fkuo/sobol/
 *
 * Copyright (c) 2008, Frances Y. Kuo and Stephen Joe
 * All rights reserved.
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 *     * Redistributions of source code must retain the above copyright
 *       notice, this list of conditions and the following disclaimer.
 *
 *     * Redistributions in binary form must reproduce the above copyright
 *       notice, this list of conditions and the following disclaimer in the
 *       documentation and/or other materials provided with the distribution.
 *
 *     * Neither the names of the copyright holders nor the names of the
 *       University of New South Wales and the University of Waikato
 *       and its contributors may be used to endorse or promote products derived
 *       from this software without specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS ``AS IS'' AND ANY
 * EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDERS BE LIABLE FOR ANY
 * DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES
 * (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES;
 * LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND
 * ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT
 * (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS
 * SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */

/** What the file has in a line of it: the polynomial's degree s, its coefficients a, and m₁ to m_s. */
export interface DirectionLine {
  readonly degree: number;
  readonly coefficients: number;
  readonly initial: readonly number[];
}

/** Lines of the second dimension on: the first one has no polynomial. */
export function* directionLines(): Generator<DirectionLine> {
  const bytes = unpacked ??= Uint8Array.from(atob(PACKED), (byte) => byte.charCodeAt(0));
  let at = 0;
  const take = (bits: number): number => {
    let value = 0;
    for (const end = at + bits; at < end; at++) {
      value = value << 1 | bytes[at >> 3]! >> (7 - (at & 7)) & 1;
    }
    return value;
  };
  for (let dimension = 2; dimension <= SOBOL_DIMENSIONS; dimension++) {
    const degree = take(4);
    const coefficients = take(degree - 1);
    // Each is odd and below 2ᵏ, so that k − 1 bits tell it.
    const initial = Array.from({ length: degree }, (_, k) => 2 * take(k) + 1);
    yield { degree, coefficients, initial };
  }
}

export const SOBOL_DIMENSIONS = 481;

let unpacked: Uint8Array | undefined;

/** Of each dimension: the degree in 4 bits, the coefficients, then of each number all bits but the last, which is 1. */
const PACKED = [
  "Es2HBCSk2UkoVEiV3ZW0AXQVXsvYNh4Zo9KaE24aY5ia07MbKU+cH2z5uJ8x4nHOOL7kaAxpzpkjq6cW+PdVWaPO5iJo",
  "nfeBIDwdMl15TMco9O1gberlukPlCWon3SuAz8Nh71+3G8w/1Q7QgdP5mPUFd/6+wgtKpZvkJpdrGEhe/RaC0MecfAnh",
  "lBJQc0NFJUdOhx6ELLkQ6XJOjiN68+xsVCFfhwjCDdXLEZ+4QkjjnFv/dUeilq1CkIy5C9bvkNtEGwQikQCiZYKrkWiw",
  "57P5kZFVD7RbksVR2HO1kvXmygO/k079NMRuk3Bs++8pk7W87YxQk+Oy6auAlDFrX3ySlKdUbiehlRSg1AFBlSescH3t",
  "lXwSoMoFlbO8w3/zleoL9i0/lnJBPr92loTt6XmQltVjXVv1l6CAw2isl8PDnIMQmJlOtGdXmKgdr/8YmPx32lWYmRRA",
  "LnxKmYKLg4ZPmdFMukZwmnq3vjKHmt0XDJ05mwYu3yPRm1KsWjYlm2fMsLzim55Qx43gm/nmaawHnCACEki9nHnepwbx",
  "naZltUHXncpKJeGunjrRqZ2UnlMVA3hOnm/ziF5qnqYTcilsnsulpbh8nxxuoP7vn0SUSzpsn9r6SD1JoCTkJLi3uWga",
  "0U3/6G86CcaDr+NkroLHJcPhanuhl9JhEIJcKG+U9DKT9SogI/8cqz4qiK40wS/wVKMUdIwE5/Eo18C+NupD+jmqHqXb",
  "Lp6PNyeJYC4Ro/tu59foOqkNJhIzjUwKRm33yOCaqpIk/z6tbROkxw3IZ3DYaTwdG0Wa3ipQqRlZ2nEalX21rQiBcqWv",
  "F8hjJcdphGxe5rdk6mPUqlTKpyaZaL7yQ8c4poaAs4vWSmnH2WDptDJqeVZU/PQVmp99wvpCgfin6csys56mKhJnBvLu",
  "YkqFSA7oVuIGolNU/tO3aajbMf5WDGCqQ/LDJqPiSpOk3H4e0WKlpe/uL6DxqeEW4C+MAup+fmxGTbL6okZpZ+4iZqtU",
  "5shLUAGrANiIC3ezqtLe4xoNVrq34WJUo+6yr9Wvk1d/oaxZ7DOB/nNrHcE9edvPqsgWFRJJzLqzlxA708f0rRlMkHyS",
  "6WtN2CbfllJq1QgM2xRbNrWT3x2GviWtivyk/1+rq31U2elsfqrjbJ7WMjACuTLrKmk16a7Fsj531wVr2uVP0VE8+vy8",
  "9F/Mu2q/gZhHY5lnsAr9xw9OBCdVgX6K66h28RjsFVzRtyWTUuVgssqDIeTFrMsI4A9DrXuxNthi9EBN2sbNHsMjdCOu",
  "LthBlhx3lPCN0vcFsPbFitmeAIDtiNGOQ7A15wssSitBxzlb211iffjgv6Lvf3sVIGJtg0ReBFiw4IziiHo2xsZ3Mx7s",
  "OOMNdjQzZ1YTYo3CscCW0+97rHWtjmebpXa13h7sdRdZtLhRjbVj1+QmpALarushuErHyTpfytkTdgAhvWrg/skgLkJu",
  "huBpVkoT7mRM3FPYsnei2QT7afflk8wEVxu0xcxsomWWrDoyKYVlJyjLRmsbUAsqCmd3kiid/tlbj3BhCncYDsuauVeN",
  "f6nftl1+gikY94JYsv9n4gu5diN9mCPFf75CWIYsxx7GVjJUlktmr88ypRBcifs1vbNksioGsdm5/Lasu4MOzs44eYVN",
  "BS+MVnY1paGXJUdLs8osFBgFI2w1n3Ep+E2bW4rtADF13VG0of1oGAs+IqkrUptCfURkGKFFsVoVBVeQhxxVCtFGUZ1i",
  "T3WdtpJIqnM/lMs+tMG92xvLBVfNpsjNFjO+laltPJgh1HnC7DFp+2RYGF4vLutQoKjegMQXNdqQoMr6Zy1GxtTrgkbe",
  "KKmwVqmaHsemt5AYtVQ8/jSesZHdqyqtW0BGjSItWkkDl9sV7ktrUPX6mIxdqbtb1tJ4Vf7KSFrpFqSN5NHbDtd0W799",
  "YYnslrxezWGmF5V5tfd7qi1376P1sDrQSCfwy0xthHnfwIC378tsQ+Jz5mmJz7tmXJYXV/Ob8Vs+pTfN6EK1ctoEkTqx",
  "n79bVtKTLAWSrbBdtrCGXUukTQCVtePjJv1N2YYtsjIc2Xf0x/VtvZ3xGfp1b5tvvzfZXuFSlNuH9go876t1MtxaaZKR",
  "D1BkNuSIoIAQKpELtykZMQVvXkX9uvsxKpPpiY2t24CylAYUpvdu8fPHbXHXP4t5ONJBIoi8MlvbP6yQXlIkNt7nlPAp",
  "XNOz9vnme5A8u/+4t9tDUsHxmAlVwLzZpN3/uZ4uBjQzJcEPPaFwZZPSidSEhHuD2PgTTOp6n9xWCRnVNirvXuMApC1C",
  "MNe9dxrMlLWisME4uOUTxzCIznCdyE1FVy3xEV6uRN697ffAendyX5Axbh+VPPuTVlKIYDh8xdycP9BqcQ1gcuWcdGjo",
  "IEJXFy/N6Wo6GBH+uY3vFzMR+8m9zMriTh8p1zduaaqL+o7wYrtzUbj8BLDhlgucUvLLnYt1/VzoKizucyCLsue1Vrv0",
  "mYLOt0C0CteVX0hsuhxRV9BypXb10dkk0FGES2Vuk2zA7vhIR+V0tCi6rQuhAYuoNZWIDTkr791HE4imgcqYIuqgChAq",
  "N7Ad91YGkZlaWoAyusU4AziV8rM11vfcqrjvD1tuuIz3u2kG2PN2S7GkdkDqtBuz5A/WIJI1EN2oStADkmg4Cu3UNttQ",
  "zWlXN29rkV79S0Nfu5F6Bd9rzZud3XaI5Zs4aT1u7alJlQ4uRCt3gQ9v4yja8eu86wg+kJFVpt31s82upMMXavAlvRgG",
  "a0t4d4cwErV24fY1vEPMFoiKOvbN4n79RtAb/D6vFXwgf0UH6YN4zUWkLH3OfDvHHT92P5Dl1N5GvImsiduoQvJfAiy4",
  "fGo/F5VnWkpp2rE7vL83fsi+5T1d5xRkYIOTYD7vPe5gLMFp4fN59UoTl3mEFfvQD61rZweft16SXVmZKuni0vTwzMP5",
  "hsb616iVMHHO7DE5vXbBmYeXLNBl7PyctZgGhsWvbmTpaUSHpN17yoY9FGSyyNvfHN2cmYPC7V8KjmdT+TymXvjGT8SZ",
  "5JWhd8xxedJjua+bvmytXOY9wt499cKt24Xv87avtT9zcIsb7ot9tCAZ3fyCHxvugHqsIU/Mx9+CDuLB3jyPzvyCSLKD",
  "FNSmN+XCfE3sAjT9vzbdXxyXUqIV+mcn8k3CVCov1uR6thcmeZl+1iqY1wrrC4v5vJhyJeK+Pd/TqUSpvP9oYv8ucPsp",
  "LhFKV/pmSroSGU3DwFLY98oR2X3TnmA0gG+dW+mAuC6wHt9w1g7jeViAuA+tPWVPZyM59iwJir9UEoehncfmBodrBe0/",
  "8EKDAwOu5362C1tzMt2CDd3lqsoCM9H3wR5rya2sHU7XpWCRxYpoljYjxRJwTsJASrZ3/RQZmCnjd3q9/XXB+AwVe1cZ",
  "Ef5hkJyeCwH5IaSTgaS7hwWqzR5vnsLWZn2DCqtS/295kXiUwbNna8yIZgQW3+DsD63wQx2JqEswd8jHhtGySozAeEGs",
  "KI+iYFa/11wjdu84erNBEoguEePVEO8fpBT52wmYmO2nicAR1uGE5IL8onjlgelZwn4NCWqXkA8+gWFcNGHaJ+4rJLUw",
  "sC3nIB/IeVd0uFl9iEiaVPKgSUww7qRP62dDL1ImGOv9gSEQCxtfxwyBpoSV0x+va2mGcfM+t5MwF8axwz+xe4JSTEDg",
  "CuGmH6uo9TJJLH+w3AwgRXMJa/VdOHMpaE2NMN2o8rw6Ox49m+9UZkymHU333V5b3aafqxAYf9+64S4N9A+IYwKfKx8X",
  "hr9RxDYR3dnEzeV3W+InKVRKUFleJlvxF2MmURMZH3DI+IzzmphQUAub1vxHUk23YZTHOTJOJTIs8Dwd9jPRpxKxcG15",
  "EsTomTuJpSrheP+Iv1+RxQ8s6H5NdyVszeKO44JFHQi6JCfxU00EXhWwD8hC+LJzmTdGWPisSLxcWyrezQC8TNbGLrwu",
  "QyWle6Q6TxdwgLYgdsPbmeOL1ivrJGrrY2i4xglGofYEb98QmWMjQp4rZ7ZnGQ+xlR9kD0SwLElpuMsaJKXJ8RUWyCxq",
  "QRfC+RzXKuaONeFOyKX8hgHWzxxW6zHPwYEGMb2OMp37VVxD8GGdx0Jxl5trPU3wX2OilY+qgaSe+dWx3Vyi28gL8KFV",
  "2PEtrJFi+6k7+Yx62msqwI8elK7OPZ1YlApP7gWtrx75O+F/YamignuPgvTl6jRt4+o6yFanzdDT+TmyYGQuq02sbT6n",
  "65QyJFiM+F7uhm40+RLfhFLXNRzTsRyLh3eSUV1rtZ6WR398zqaIk88L+yRrbIMGLqkK1cGSa7LKTFuJh90LyUE0tFRL",
  "Tvk/J2SyutWcmh4zsidyXsNgPOl0ABaN+TFwOux1zCl6yoybEX8Y3xv6AUr2TeQnTY8PSp7layclhQm/auLW0/uTn9An",
  "eUa22q7VyeZbTbn6Y4zrX+UNKq7J0bZroh9yivPsoc5R3XIceUZQ8OSnveu8xYymlKS1oMr7X/WuVF8Brzt0CdX/8ytC",
  "gPWM3ElL+v2Vw68bDvzk+WgayvTCXA33FjyF32WFxqW4jxuMqVryxNcFZdcZfuru2WPUueNqreQYvFy1cfYPR+kH3G12",
  "XIVIUl6gDkp8yy6a7W+z3LPJ09eXfqzqA935fQ1Ky8G2+LcjzOn3eeXp/LuSgX8bKY6zASvnTGKz8ZSnWYIUk16z/H9c",
  "27zBaX2EOFqXofI+YTpk/F1selBOFzExDOciv5iQyIeZDnUbX/pAi9YvzJ99GEvWahBgU2ZS9ORTvIJ2eoWzLqcQ55JR",
  "L/UReZiXLE02/YHwHYzMnJ7qKWUH1llOZnIq3Ipj8eLdvzPJdT6vqgkM7VmaDGB7mFzUBboBzSPKuXoEbR1wbWahZUiq",
  "BOAHOmbzVAVHPZSSVD9SmatY0AvJ4sAKrhzXXBHktsAbqADGbCpkLYpUpeihEzYgxqiQ3XinyOecKbpZBWq0x0aNzhmW",
  "CoZOhFLOAmcXNebYHrv0d+yzkT6coTtbYKbw+coSm1I9oWqvKLzmfQGbo7OTI9++c5rEJGITKh6N0zo5XVroSCpmiTGd",
  "xsokwDiKeaxZzxDDjhIMB4gOSOeNlD6yCEpTUPdzyc04BCp5qUmxee41RxvF+cFe6xz5hBhmjxWFu0dufdCVdcHE1AwY",
  "6z72ohsCcB5u5sufkk53AcgmIh8z",
].join("");
