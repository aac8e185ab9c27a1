"""`make year`: a made-up province lives one year, from the call to the payment, and every sum of it is checked."""
