# The app: one web view, the site in it, and pictures that come from other apps.
.class public Lorg/vernier/web/MainActivity;
.super Landroid/app/Activity;

.field public web:Landroid/webkit/WebView;

# What another app shared last; null before.
.field public volatile shared:Landroid/net/Uri;

# The page's open question for a file; null if there is none.
.field public chosen:Landroid/webkit/ValueCallback;

.method public constructor <init>()V
    .registers 1
    invoke-direct {p0}, Landroid/app/Activity;-><init>()V
    return-void
.end method

.method protected onCreate(Landroid/os/Bundle;)V
    .registers 6
    invoke-super {p0, p1}, Landroid/app/Activity;->onCreate(Landroid/os/Bundle;)V
    new-instance v0, Landroid/webkit/WebView;
    invoke-direct {v0, p0}, Landroid/webkit/WebView;-><init>(Landroid/content/Context;)V
    iput-object v0, p0, Lorg/vernier/web/MainActivity;->web:Landroid/webkit/WebView;
    invoke-virtual {v0}, Landroid/webkit/WebView;->getSettings()Landroid/webkit/WebSettings;
    move-result-object v1
    const/4 v2, 0x1
    invoke-virtual {v1, v2}, Landroid/webkit/WebSettings;->setJavaScriptEnabled(Z)V
    invoke-virtual {v1, v2}, Landroid/webkit/WebSettings;->setDomStorageEnabled(Z)V
    const/4 v2, 0x0
    invoke-virtual {v1, v2}, Landroid/webkit/WebSettings;->setAllowFileAccess(Z)V
    new-instance v1, Lorg/vernier/web/SiteClient;
    invoke-direct {v1, p0}, Lorg/vernier/web/SiteClient;-><init>(Lorg/vernier/web/MainActivity;)V
    invoke-virtual {v0, v1}, Landroid/webkit/WebView;->setWebViewClient(Landroid/webkit/WebViewClient;)V
    new-instance v1, Lorg/vernier/web/PickerClient;
    invoke-direct {v1, p0}, Lorg/vernier/web/PickerClient;-><init>(Lorg/vernier/web/MainActivity;)V
    invoke-virtual {v0, v1}, Landroid/webkit/WebView;->setWebChromeClient(Landroid/webkit/WebChromeClient;)V
    new-instance v1, Lorg/vernier/web/Results;
    invoke-direct {v1, p0}, Lorg/vernier/web/Results;-><init>(Lorg/vernier/web/MainActivity;)V
    const-string v2, "VernierApp"
    invoke-virtual {v0, v1, v2}, Landroid/webkit/WebView;->addJavascriptInterface(Ljava/lang/Object;Ljava/lang/String;)V
    invoke-virtual {p0, v0}, Lorg/vernier/web/MainActivity;->setContentView(Landroid/view/View;)V
    invoke-virtual {p0}, Lorg/vernier/web/MainActivity;->getIntent()Landroid/content/Intent;
    move-result-object v1
    invoke-virtual {p0, v1}, Lorg/vernier/web/MainActivity;->take(Landroid/content/Intent;)Z
    move-result v1
    if-nez v1, :end
    const-string v1, "https://appassets.androidplatform.net/"
    invoke-virtual {v0, v1}, Landroid/webkit/WebView;->loadUrl(Ljava/lang/String;)V
    :end
    return-void
.end method

.method protected onNewIntent(Landroid/content/Intent;)V
    .registers 2
    invoke-super {p0, p1}, Landroid/app/Activity;->onNewIntent(Landroid/content/Intent;)V
    invoke-virtual {p0, p1}, Lorg/vernier/web/MainActivity;->take(Landroid/content/Intent;)Z
    return-void
.end method

# Open the page for a shared picture; false where the intent has none. Only content: is taken, since a
# file: address that another app names would be opened with this app's rights.
.method public take(Landroid/content/Intent;)Z
    .registers 5
    const-string v0, "android.intent.action.SEND"
    invoke-virtual {p1}, Landroid/content/Intent;->getAction()Ljava/lang/String;
    move-result-object v1
    invoke-virtual {v0, v1}, Ljava/lang/String;->equals(Ljava/lang/Object;)Z
    move-result v0
    if-eqz v0, :none
    const-string v0, "android.intent.extra.STREAM"
    invoke-virtual {p1, v0}, Landroid/content/Intent;->getParcelableExtra(Ljava/lang/String;)Landroid/os/Parcelable;
    move-result-object v0
    instance-of v1, v0, Landroid/net/Uri;
    if-eqz v1, :none
    check-cast v0, Landroid/net/Uri;
    const-string v1, "content"
    invoke-virtual {v0}, Landroid/net/Uri;->getScheme()Ljava/lang/String;
    move-result-object v2
    invoke-virtual {v1, v2}, Ljava/lang/String;->equals(Ljava/lang/Object;)Z
    move-result v1
    if-eqz v1, :none
    iput-object v0, p0, Lorg/vernier/web/MainActivity;->shared:Landroid/net/Uri;
    iget-object v0, p0, Lorg/vernier/web/MainActivity;->web:Landroid/webkit/WebView;
    const-string v1, "https://appassets.androidplatform.net/?shared"
    invoke-virtual {v0, v1}, Landroid/webkit/WebView;->loadUrl(Ljava/lang/String;)V
    const/4 v0, 0x1
    return v0
    :none
    const/4 v0, 0x0
    return v0
.end method

.method protected onActivityResult(IILandroid/content/Intent;)V
    .registers 6
    invoke-super {p0, p1, p2, p3}, Landroid/app/Activity;->onActivityResult(IILandroid/content/Intent;)V
    iget-object v0, p0, Lorg/vernier/web/MainActivity;->chosen:Landroid/webkit/ValueCallback;
    if-eqz v0, :end
    const/4 v1, 0x0
    iput-object v1, p0, Lorg/vernier/web/MainActivity;->chosen:Landroid/webkit/ValueCallback;
    invoke-static {p2, p3}, Landroid/webkit/WebChromeClient$FileChooserParams;->parseResult(ILandroid/content/Intent;)[Landroid/net/Uri;
    move-result-object v1
    invoke-interface {v0, v1}, Landroid/webkit/ValueCallback;->onReceiveValue(Ljava/lang/Object;)V
    :end
    return-void
.end method

.method public onBackPressed()V
    .registers 3
    iget-object v0, p0, Lorg/vernier/web/MainActivity;->web:Landroid/webkit/WebView;
    invoke-virtual {v0}, Landroid/webkit/WebView;->canGoBack()Z
    move-result v1
    if-eqz v1, :leave
    invoke-virtual {v0}, Landroid/webkit/WebView;->goBack()V
    return-void
    :leave
    invoke-super {p0}, Landroid/app/Activity;->onBackPressed()V
    return-void
.end method
