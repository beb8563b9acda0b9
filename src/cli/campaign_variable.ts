/** How a simrun tells the dashboard that it starts for its own campaign that this is so. */

/** Then it ends when its input closes: when the campaign is over, whichever way. */
export const CAMPAIGN_VARIABLE = "SIMRUN_DASHBOARD_OF_CAMPAIGN";
