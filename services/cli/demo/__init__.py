"""The demonstration: a real trading day through storefront, tills and ERP, with a scorecard at the end."""
