"""What Patron costs beside others on the same data in the same run; ratios are the result, times are only indications."""
