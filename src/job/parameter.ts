/** What parameters are: the values of a manifest that a model is handed by name. */

/** What a parameter may be: JSON without `undefined`. Numbers may be NaN or infinite. */
export type ParameterValue =
  | number
  | string
  | boolean
  | null
  | readonly ParameterValue[]
  | { readonly [name: string]: ParameterValue };

export type Parameters = { readonly [name: string]: ParameterValue };
